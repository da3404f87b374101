import { getConnInfo } from "@hono/node-server/conninfo";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { BODY_LIMIT_BYTES } from "#core/api.ts";
import type { ApiHandler } from "../../functions/endpoint.ts";

/**
 * What API Gateway is on AWS: turns each HTTP request into an event of payload format 2.0, and the function's answer back. `pages` are
 * what is served here beside the function.
 */
export function gateway(handler: ApiHandler, pages: readonly Hono[] = []): Hono {
  const app = new Hono();
  app.use(strongTags, compress());
  for (const page of pages) app.route("/", page);
  const answer = async (event: APIGatewayProxyEventV2) => {
    const { statusCode = 200, headers = {}, body: text, isBase64Encoded } = await handler(event);
    const body = text && isBase64Encoded ? Buffer.from(text, "base64") : text;
    const entries = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
    if (body) entries.push(["content-length", String(Buffer.byteLength(body))]);
    return new Response(body ?? null, { status: statusCode, headers: entries });
  };
  app.use(bodyLimit({ maxSize: BODY_LIMIT_BYTES, onError: async (c) => answer(tooLarge(eventOf(c, ""))) }));
  app.all("*", async (c) => answer(eventOf(c, c.req.method === "GET" ? "" : await c.req.text())));
  return app;
}

/** Our ETags name a version of the intent, however its text is packed: packing must not weaken them. */
const strongTags: MiddlewareHandler = async (c, next) => {
  await next();
  const tag = c.res.headers.get("etag");
  if (tag?.startsWith("W/")) c.header("etag", tag.slice(2));
};

/** The event of a request whose body was not read to its end. */
const tooLarge = (event: APIGatewayProxyEventV2): APIGatewayProxyEventV2 => ({
  ...event,
  headers: { ...event.headers, "content-length": String(BODY_LIMIT_BYTES + 1) },
});

function eventOf(c: Context, body: string): APIGatewayProxyEventV2 {
  const url = new URL(c.req.url);
  const headers = Object.fromEntries(c.req.raw.headers);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    queryStringParameters: Object.fromEntries(url.searchParams),
    ...(body ? { body } : {}),
    isBase64Encoded: false,
    requestContext: {
      accountId: "local",
      apiId: "local",
      domainName: url.host,
      domainPrefix: "local",
      http: {
        method: c.req.method,
        path: url.pathname,
        protocol: "HTTP/1.1",
        sourceIp: getConnInfo(c).remote.address ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: crypto.randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
    },
  };
}
