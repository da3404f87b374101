import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { Trace } from "#core/ports.ts";
import { corsHeaders, isPreflight } from "./cors.ts";
import type { ApiHandler } from "./endpoint.ts";

export interface Hosting {
  /** Origins whose pages may call: those of the console. */
  readonly origins?: readonly string[];
  /** Where traces go, if anywhere. */
  readonly trace?: Trace;
}

/** What somebody may call their request. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{8,128}$/;

/** An answer is for who asked, now, as what it says it is, and in nobody's frame. An endpoint may say otherwise of its own. */
const usual = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

/** What every answer has, whichever endpoint gives it: the request's id, what browsers must know, and who may read it. */
export function hosted(handler: ApiHandler, { origins = [] }: Hosting): ApiHandler {
  return async (event) => {
    const requestId = requestIdOf(event);
    const answer: APIGatewayProxyStructuredResultV2 = isPreflight(event)
      ? { statusCode: 204 }
      : await handler({ ...event, requestContext: { ...event.requestContext, requestId } });
    return {
      ...answer,
      headers: { ...usual, ...corsHeaders(event, origins), ...answer.headers, "x-request-id": requestId },
    };
  };
}

function requestIdOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  const given = headers["x-request-id"];
  return given !== undefined && REQUEST_ID.test(given) ? given : requestContext.requestId;
}
