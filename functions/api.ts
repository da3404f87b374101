import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Refusal } from "#core/errors.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import type { Trace } from "#core/ports.ts";
import * as audit from "./api/audit.ts";
import * as cells from "./api/cells.ts";
import * as health from "./api/health.ts";
import * as keys from "./api/keys.ts";
import * as me from "./api/me.ts";
import * as members from "./api/members.ts";
import * as networks from "./api/networks.ts";
import * as operations from "./api/operations.ts";
import * as organizations from "./api/organizations.ts";
import * as quota from "./api/quota.ts";
import * as reference from "./api/reference.ts";
import * as releases from "./api/releases.ts";
import * as rollouts from "./api/rollouts.ts";
import * as usage from "./api/usage.ts";
import { door } from "./door.ts";
import type { ApiHandler, Endpoint } from "./endpoint.ts";
import { type Hosting, hosted } from "./hosted.ts";
import { measured } from "./measured.ts";
import { answerOf } from "./problems.ts";

/** Every endpoint of the hosted API. One file a noun, one export an endpoint. */
export const endpoints: readonly Endpoint[] = [
  health,
  reference,
  networks,
  operations,
  cells,
  releases,
  rollouts,
  me,
  organizations,
  members,
  keys,
  quota,
  audit,
  usage,
].flatMap((noun) => Object.values(noun));

/** The Lambda function behind API Gateway: finds the endpoint of a request and lets it answer. */
export function apiHandler(deps: Dependencies, hosting: Hosting = {}): ApiHandler {
  const entrance = door(deps);
  const { trace = untraced } = hosting;
  const watch = { ...deps, trace };
  const served = endpoints.map(({ route, handler }) => ({
    ...route,
    pattern: patternOf(route.path),
    handler: measured(watch, route, handler(deps, entrance)),
  }));
  const elsewhere = measured(watch, { method: "any", path: "nowhere" }, async (event) =>
    refuse(event, methodsAt(event.requestContext.http.path)),
  );
  const methodsAt = (path: string) => served.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  return hosted(async (event) => {
    const { method, path } = event.requestContext.http;
    const found = served.find((candidate) => candidate.method === method && candidate.pattern.test(path));
    if (!found) return elsewhere(event);
    const pathParameters = Object.fromEntries(
      Object.entries(found.pattern.exec(path)?.groups ?? {}).map(([name, value]) => [name, decoded(value)]),
    );
    return found.handler({ ...event, pathParameters });
  }, hosting);
}

const untraced: Trace = (_, act) => act();

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function refuse(event: APIGatewayProxyEventV2, methods: readonly string[]) {
  const { method, path } = event.requestContext.http;
  if (methods.length === 0) return answerOf(event, new Refusal("not-found", `There is nothing at ${path}.`));
  const allow = methods.join(", ");
  return answerOf(event, new Refusal("method-not-allowed", `${path} takes ${allow}, not ${method}.`), { allow });
}
