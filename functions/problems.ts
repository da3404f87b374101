import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { problemOf, Refusal } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";

/** Turns what was thrown into a problem document, and logs what is our fault. */
export const problems = (log: Log): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> => ({
  onError: (request) => {
    const error = refusalOf(request.error);
    const problem = problemOf(error);
    if (problem.status >= 500) {
      const { method, path } = request.event.requestContext.http;
      log("error", "request failed", { method, path, problem: problem.type, error: describe(request.error) });
    }
    const retryAfter = error instanceof Refusal ? error.details.retryAfterSeconds : undefined;
    request.response = {
      statusCode: problem.status,
      headers: {
        "content-type": "application/problem+json",
        ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
        ...(problem.status === 401 ? { "www-authenticate": "Bearer" } : {}),
      },
      body: JSON.stringify(problem),
    };
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
