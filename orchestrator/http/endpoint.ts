import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import type * as z from "zod";
import type { NetworkRoute } from "#core/api/orchestrator.ts";
import { BODY_LIMIT_BYTES } from "#core/api/route.ts";
import { Refusal } from "#core/errors.ts";
import { IdempotencyKey } from "#core/model/idempotency.ts";
import { mayInNetwork, type NetworkCaller } from "#core/model/network-caller.ts";
import { parse } from "#core/model/parse.ts";
import type { Served } from "./served.ts";

/** What an endpoint is given: everything parsed, the caller known and allowed. */
export interface Request<R extends NetworkRoute> {
  readonly caller: R extends { action: string } ? NetworkCaller : undefined;
  /** Address of the caller. */
  readonly from: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: z.output<R["query"]>;
  readonly body: R extends { body: infer B extends z.ZodType } ? z.output<B> : undefined;
}

/** The part of a request that says who asks for what. */
export interface Called {
  readonly caller: NetworkCaller;
  readonly from: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly body?: unknown;
  readonly status?: number;
  /** The answer shows a secret, once. */
  readonly secret?: boolean;
}

export type Act<R extends NetworkRoute> = (served: Served, request: Request<R>) => Promise<Answer>;

/** An endpoint is: who calls, may they, what do they ask (each field named that is wrong), act, answer. */
export async function serve<R extends NetworkRoute>(
  served: Served,
  route: R,
  act: Act<R>,
  context: Context,
): Promise<Answer> {
  const from = addressOf(context);
  const params = context.req.param() as Record<string, string>;
  const caller = route.action ? await allowed(served, route, context, { from, workspace: params.ws }) : undefined;
  const query = parse(route.query, context.req.query());
  const body = route.body ? parse(route.body, await bodyOf(route, context)) : undefined;
  // The schemas of the route made each part what `Request` says; the compiler cannot follow them through `route`.
  const request = { caller, from, params, query, body } as Request<R>;
  const run = async () => {
    const { status = route.status, body: answered, secret = false } = await act(served, request);
    return { status, body: answered, secret };
  };
  const key =
    route.method === "POST" && route.status === 201 && caller ? context.req.header("idempotency-key") : undefined;
  if (key === undefined || !caller) return run();
  const asked = { method: route.method, path: context.req.path, body };
  return served.repeats.once(`${caller.subject}/${parse(IdempotencyKey, key)}`, asked, run);
}

async function allowed(
  { access }: Served,
  { action }: NetworkRoute,
  context: Context,
  { from, workspace }: { from: string; workspace: string | undefined },
): Promise<NetworkCaller> {
  const caller = await access.callerOf({ authorization: context.req.header("authorization"), from });
  const permission = action ? mayInNetwork(caller, action, workspace) : "allowed";
  if (permission === "hidden") throw new Refusal("not-found", `There is no workspace ${workspace} here.`);
  if (permission === "forbidden")
    throw new Refusal("forbidden", `The role ${caller.role} may not do this. Ask an admin of the organization.`);
  return caller;
}

/**
 * Where the call comes from. An ingress in front says so in `X-Forwarded-For`, and only it can reach us in a cluster; what
 * comes from this very machine has no ingress in front, so its header is anybody's word.
 */
function addressOf(context: Context): string {
  const direct = getConnInfo(context).remote.address ?? "";
  const isLocal = direct === "::1" || direct.replace("::ffff:", "").startsWith("127.");
  const forwarded = context.req.header("x-forwarded-for")?.split(",").at(-1)?.trim();
  return isLocal ? direct : (forwarded ?? direct);
}

const json = /^application\/([\w.+-]+\+)?json$/;
const anyYaml = /^(application|text)\/(x-)?yaml$/;

async function bodyOf(route: NetworkRoute, context: Context): Promise<unknown> {
  const text = await textOf(context);
  if (text === "" && route.bodyOptional) return {};
  const type = (context.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const isYaml = route.takes === "document" && anyYaml.test(type);
  if (!isYaml && !json.test(type))
    throw new Refusal(
      "unsupported-media-type",
      route.takes === "document"
        ? "Send the pipeline with Content-Type application/json or application/yaml."
        : "Send the body as JSON, with Content-Type application/json.",
    );
  if (text === "") throw new Refusal("invalid-input", "This takes a body.");
  try {
    if (!isYaml) return JSON.parse(text);
    // Loaded by the first who needs it: most networks get their pipelines as JSON, and memory counts.
    const { parse } = await import("yaml");
    return parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[0] : "";
    throw new Refusal("invalid-input", `The body is not ${isYaml ? "YAML" : "JSON"}: ${why}`, { cause });
  }
}

/** Reads no more than is allowed, whatever the header says. */
async function textOf(context: Context): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of context.req.raw.body ?? []) {
    bytes += part.length;
    if (bytes > BODY_LIMIT_BYTES) throw new Refusal("too-large", `The body is larger than ${BODY_LIMIT_BYTES} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
