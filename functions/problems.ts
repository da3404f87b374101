import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { problemOf, Refusal } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";

type Event = Pick<APIGatewayProxyEventV2, "requestContext">;

/** The problem document of a failure as an answer. It names the request, for whoever is asked for help. */
export function answerOf(
  { requestContext: { requestId } }: Event,
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  const problem = { ...problemOf(error), instance: `urn:cellplane:request:${requestId}`, requestId };
  const retryAfter = error instanceof Refusal ? error.details.retryAfterSeconds : undefined;
  return {
    statusCode: problem.status,
    headers: {
      "content-type": "application/problem+json",
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...(problem.status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...headers,
    },
    body: JSON.stringify(problem),
  };
}

/** Turns what was thrown into a problem document, and logs what is our fault. */
export const problems = (log: Log): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> => ({
  onError: (request) => {
    const error = refusalOf(request.error);
    const { type, status } = problemOf(error);
    if (status >= 500) {
      const { requestId, http } = request.event.requestContext;
      const { method, path } = http;
      log("error", "request failed", { requestId, method, path, problem: type, error: describe(request.error) });
    }
    request.response = answerOf(request.event, error);
  },
});

/** What middy's own middleware throws, in our words. */
function refusalOf(error: Error | null | undefined): unknown {
  const statusCode = (error as { statusCode?: number } | null)?.statusCode;
  if (statusCode === 415)
    return new Refusal("unsupported-media-type", "Send the body as Content-Type: application/json.");
  if (statusCode !== undefined && statusCode < 500)
    return new Refusal("invalid-input", "The body is not JSON that can be read.");
  return error;
}

const describe = (error: Error | null | undefined): string => {
  const cause = error?.cause instanceof Error ? ` <- ${error.cause.stack ?? error.cause.message}` : "";
  return `${error?.stack ?? String(error)}${cause}`;
};
