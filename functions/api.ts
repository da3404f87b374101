import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { problemOf, Refusal } from "#core/errors.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
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
import * as usage from "./api/usage.ts";
import { door } from "./door.ts";
import type { ApiHandler, Endpoint } from "./endpoint.ts";

/** Every endpoint of the hosted API. One file a noun, one export an endpoint. */
export const endpoints: readonly Endpoint[] = [
  health,
  networks,
  operations,
  cells,
  me,
  organizations,
  members,
  keys,
  releases,
  quota,
  audit,
  usage,
].flatMap((noun) => Object.values(noun));

/** The Lambda function behind API Gateway: finds the endpoint of a request and lets it answer. */
export function apiHandler(deps: Dependencies): ApiHandler {
  const entrance = door(deps);
  const served = endpoints.map(({ route, handler }) => ({
    ...route,
    pattern: patternOf(route.path),
    handler: handler(deps, entrance),
  }));
  return async (event) => {
    const { method, path } = event.requestContext.http;
    const here = served.filter(({ pattern }) => pattern.test(path));
    const found = here.find((candidate) => candidate.method === method);
    if (!found)
      return refuse(
        event,
        here.map((candidate) => candidate.method),
      );
    const pathParameters = Object.fromEntries(
      Object.entries(found.pattern.exec(path)?.groups ?? {}).map(([name, value]) => [name, decoded(value)]),
    );
    return found.handler({ ...event, pathParameters });
  };
}

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
  const problem =
    methods.length > 0
      ? problemOf(new Refusal("method-not-allowed", `${path} takes ${methods.join(", ")}, not ${method}.`))
      : problemOf(new Refusal("not-found", `There is nothing at ${path}.`));
  return {
    statusCode: problem.status,
    headers: {
      "content-type": "application/problem+json",
      ...(methods.length > 0 ? { allow: methods.join(", ") } : {}),
    },
    body: JSON.stringify(problem),
  };
}
