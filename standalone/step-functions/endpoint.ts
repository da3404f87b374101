import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { LOCAL_REGION } from "#adapters/local-workflows/arn.ts";
import type { LocalWorkflows } from "#adapters/local-workflows.ts";
import { Refusal } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import { AwsError } from "./aws-error.ts";
import { describeExecution } from "./describe-execution.ts";
import { getExecutionHistory } from "./get-execution-history.ts";
import { listExecutions } from "./list-executions.ts";
import type { Operation } from "./operation.ts";
import { checkSignature, type KeyPair } from "./signature.ts";
import { startExecution } from "./start-execution.ts";
import { describeStateMachine, listStateMachines } from "./state-machines.ts";
import { stopExecution } from "./stop-execution.ts";

/** By the name that stands in `X-Amz-Target`. */
const operations: ReadonlyMap<string, Operation> = new Map([
  ["StartExecution", startExecution],
  ["StopExecution", stopExecution],
  ["DescribeExecution", describeExecution],
  ["ListExecutions", listExecutions],
  ["GetExecutionHistory", getExecutionHistory],
  ["ListStateMachines", listStateMachines],
  ["DescribeStateMachine", describeStateMachine],
]);

const TARGET = "AWSStepFunctions.";

/** As on AWS: 1 MiB for a whole request. */
const BODY_LIMIT_BYTES = 1_048_576;

/** Step Functions' API (JSON 1.0, SigV4) over the workflows of this process, for the AWS CLI and the AWS SDKs as they are. */
export function stepFunctionsEndpoint({
  workflows,
  pair,
  clock,
  log,
}: {
  workflows: LocalWorkflows;
  pair: KeyPair;
  clock: Pick<Clock, "now">;
  log: Log;
}): Hono {
  const app = new Hono();
  app.use(
    bodyLimit({
      maxSize: BODY_LIMIT_BYTES,
      onError: () => answer(413, problem("RequestEntityTooLargeException", `More than ${BODY_LIMIT_BYTES} bytes.`)),
    }),
  );
  app.all("*", async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    const { pathname, search } = new URL(c.req.url);
    const headers = Object.fromEntries(c.req.raw.headers);
    const request = { method: c.req.method, path: pathname, query: search.slice(1), headers, body };
    // Who may not ask is not told what there is.
    checkSignature(request, { pair, region: LOCAL_REGION, service: "states", now: clock.now() });
    const act = operationOf(request);
    return answer(200, await act(workflows, jsonOf(body)));
  });
  app.onError((error) => {
    const { type, message, status } = awsErrorOf(error);
    if (status >= 500) log("error", "a call of Step Functions failed", { error: error.stack ?? String(error) });
    return answer(status, problem(type, message));
  });
  return app;
}

function operationOf({
  method,
  path,
  headers,
}: {
  method: string;
  path: string;
  headers: Record<string, string>;
}): Operation {
  const target = headers["x-amz-target"] ?? "";
  const found = target.startsWith(TARGET) ? operations.get(target.slice(TARGET.length)) : undefined;
  if (found && method === "POST" && path === "/") return found;
  throw new AwsError(
    "UnknownOperationException",
    `Unknown operation '${target}'. Step Functions on one machine knows ${[...operations.keys()].join(", ")}.`,
  );
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new AwsError("SerializationException", "The body is not JSON in UTF-8.");
  }
}

function awsErrorOf(error: Error): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof Refusal && error.kind === "unavailable")
    return new AwsError("ServiceUnavailableException", error.message, 503);
  return new AwsError("InternalFailure", "Something broke on our side.", 500);
}

const problem = (type: string, message: string) => ({ __type: type, message });

/** JSON 1.0 writes a time as seconds. */
function answer(status: number, value: object): Response {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, name, plain: unknown) {
    const original = this[name];
    return original instanceof Date ? original.getTime() / 1_000 : plain;
  });
  return new Response(text, {
    status,
    headers: { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": randomUUID() },
  });
}
