import { getConnInfo } from "@hono/node-server/conninfo";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { BODY_LIMIT_BYTES } from "#core/api.ts";
import { problemOf, Refusal } from "#core/errors.ts";
import type { ApiHandler } from "../../functions/endpoint.ts";

/** What API Gateway is on AWS: turns each HTTP request into an event of payload format 2.0, and the function's answer back. */
export function gateway(handler: ApiHandler): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: BODY_LIMIT_BYTES, onError: tooLarge }));
  app.all("*", async (c) => {
    const { statusCode = 200, headers = {}, body } = await handler(await eventOf(c));
    const entries = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
    return new Response(body ?? null, { status: statusCode, headers: entries });
  });
  return app;
}

function tooLarge(): Response {
  const problem = problemOf(new Refusal("too-large", `The body is larger than ${BODY_LIMIT_BYTES} bytes.`));
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { "content-type": "application/problem+json" },
  });
}

async function eventOf(c: Context): Promise<APIGatewayProxyEventV2> {
  const url = new URL(c.req.url);
  const headers = Object.fromEntries(c.req.raw.headers);
  const body = c.req.method === "GET" ? "" : await c.req.text();
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
