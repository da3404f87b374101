import type { Dependencies } from "#core/operations/dependencies.ts";
import type { ApiHandler } from "./endpoint.ts";

/** The same handler; measures each request, and tells of it in the log. */
export function measured(
  { clock, log, measure }: Pick<Dependencies, "clock" | "log" | "measure">,
  { method, path }: { readonly method: string; readonly path: string },
  handler: ApiHandler,
): ApiHandler {
  return async (event) => {
    const begun = clock.now();
    const answer = await handler(event);
    const seconds = (clock.now() - begun) / 1_000;
    const status = String(answer.statusCode);
    measure("cellplane_http_request_seconds", seconds, { method, route: path, status });
    log("info", "request", { method, route: path, status, seconds, requestId: event.requestContext.requestId });
    return answer;
  };
}
