import middy from "@middy/core";
import jsonBodyParser from "@middy/http-json-body-parser";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type * as z from "zod";
import { BODY_LIMIT_BYTES, type Route } from "#core/api.ts";
import { Refusal } from "#core/errors.ts";
import { type PublicAction, type SelfAction, scopeOf } from "#core/model/may-i.ts";
import type { Caller, Principal } from "#core/model/organization.ts";
import { parse } from "#core/model/parse.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import type { Door } from "./door.ts";
import { problems } from "./problems.ts";

/** Who calls: somebody acting in an organization, somebody signed in, or anybody. */
type CallerOf<A> = A extends PublicAction ? undefined : A extends SelfAction ? Principal : Caller;

/** What an endpoint is given: everything parsed, the caller known and allowed to. */
export interface Request<R extends Route> {
  readonly caller: CallerOf<R["action"]>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: z.output<R["query"]>;
  readonly body: R["body"] extends z.ZodType ? z.output<R["body"]> : undefined;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Answer {
  readonly body: unknown;
  /** Instead of the body, as it is; its content type is among the headers. */
  readonly text?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export type ApiHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** An event of API Gateway (payload 2.0), with the caller once they are known, and what the door says to them. */
type ApiEvent = APIGatewayProxyEventV2 & { caller?: Caller | Principal; told?: Readonly<Record<string, string>> };

/** One endpoint: its route, and what makes a handler of it. */
export interface Endpoint {
  readonly route: Route;
  readonly handler: (deps: Dependencies, door: Door) => ApiHandler;
}

/**
 * An endpoint is: come in by the door, parse with the route's schemas, act, answer. A refusal becomes its problem document; anything
 * else that is thrown is a bug, answered as 500 without a word about it and logged.
 */
export function endpoint<const R extends Route>(
  route: R,
  act: (deps: Dependencies, request: Request<R>) => Promise<Answer>,
): Endpoint {
  const handler = (deps: Dependencies, door: Door): ApiHandler => {
    const serve = async (event: ApiEvent): Promise<APIGatewayProxyStructuredResultV2> => {
      const request = {
        caller: event.caller,
        params: event.pathParameters ?? {},
        headers: event.headers,
        query: parse(route.query, event.queryStringParameters ?? {}),
        body: route.body ? parse(route.body, bodyOf(route, event)) : undefined,
      };
      // The schemas of the route made each part what `Request` says; the compiler cannot follow them through `route`.
      const { status = route.status, headers: added, body, text } = await act(deps, request as Request<R>);
      return {
        statusCode: status,
        headers: { "content-type": "application/json", ...added },
        body: text ?? JSON.stringify(body),
      };
    };
    const stack = middy<ApiEvent, APIGatewayProxyStructuredResultV2>().use(told()).use(problems(deps.log));
    if (scopeOf(route.action) !== "public") stack.use(comeIn(route, door));
    if (route.body)
      stack
        .use(bodyLimit())
        .use(optionalBody(route))
        .use(jsonBodyParser({ disableContentTypeError: false }));
    const wrapped = stack.handler(serve);
    // The middleware uses nothing of Lambda's context.
    return (event) => wrapped(event, {} as Parameters<typeof wrapped>[1]);
  };
  return { route, handler };
}

/** First of all, so that a stranger learns nothing about what a valid request would be. */
const comeIn = (route: Route, door: Door) => ({
  before: async ({ event }: { event: ApiEvent }) => {
    event.caller = await door(route, event, (headers) => {
      event.told = headers;
    });
  },
});

/** What the door says is on the answer, whatever the answer is. */
function told(): middy.MiddlewareObj<ApiEvent, APIGatewayProxyStructuredResultV2> {
  const add: middy.MiddlewareFn<ApiEvent, APIGatewayProxyStructuredResultV2> = ({ event, response }) => {
    if (response) response.headers = { ...response.headers, ...event.told };
  };
  return { after: add, onError: add };
}

const bodyLimit = () => ({
  before: ({ event }: { event: ApiEvent }) => {
    const announced = Number(event.headers["content-length"] ?? 0);
    if (
      announced > BODY_LIMIT_BYTES ||
      Buffer.byteLength(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8") > BODY_LIMIT_BYTES
    )
      throw new Refusal("too-large", `The body is larger than ${BODY_LIMIT_BYTES} bytes.`);
  },
});

/** Where a route takes a body or none, no body is an empty object. */
const optionalBody = ({ bodyOptional }: Route) => ({
  before: ({ event }: { event: ApiEvent }) => {
    if (!bodyOptional || event.body) return;
    event.body = "{}";
    event.headers["content-type"] = "application/json";
  },
});

function bodyOf(route: Route, { body }: { body?: unknown }): unknown {
  if (body === undefined || body === null)
    throw new Refusal("invalid-input", `${route.method} ${route.path} takes a JSON body.`);
  return body;
}
