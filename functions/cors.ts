import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** What pages may send, and read of an answer, beside what every page may. */
const SENT = "authorization, content-type, idempotency-key, if-match, traceparent, x-request-id";
const READ =
  "deprecation, etag, location, ratelimit-limit, ratelimit-policy, ratelimit-remaining, ratelimit-reset, retry-after, sunset, x-request-id";

/** How long a browser need not ask again. Chromium believes no more than this. */
const PREFLIGHT_SECONDS = 7_200;

type Asked = Pick<APIGatewayProxyEventV2, "headers" | "requestContext">;

/** A browser that asks whether a page may call. */
export const isPreflight = ({ headers, requestContext }: Asked): boolean =>
  requestContext.http.method === "OPTIONS" &&
  headers.origin !== undefined &&
  headers["access-control-request-method"] !== undefined;

/** Nothing that lets a page in whose origin is not named. Who calls is said by a header alone, so no cookies are let through. */
export function corsHeaders(asked: Asked, origins: readonly string[]): Readonly<Record<string, string>> {
  if (origins.length === 0) return {};
  const { origin } = asked.headers;
  if (origin === undefined || !origins.includes(origin)) return { vary: "origin" };
  return {
    vary: "origin",
    "access-control-allow-origin": origin,
    ...(isPreflight(asked)
      ? {
          "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
          "access-control-allow-headers": SENT,
          "access-control-max-age": String(PREFLIGHT_SECONDS),
        }
      : { "access-control-expose-headers": READ }),
  };
}
