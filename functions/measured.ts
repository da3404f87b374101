import type { Dependencies } from "#core/operations/dependencies.ts";
import type { Trace } from "#core/ports.ts";
import type { ApiHandler } from "./endpoint.ts";

/** The same handler; measures each request, tells of it in the log, and is a span of a trace. */
export function measured(
  { clock, log, measure, trace }: Pick<Dependencies, "clock" | "log" | "measure"> & { readonly trace: Trace },
  { method, path }: { readonly method: string; readonly path: string },
  handler: ApiHandler,
): ApiHandler {
  return async (event) => {
    const begun = clock.now();
    const { requestId } = event.requestContext;
    const span = {
      name: `${method} ${path}`,
      attributes: { "http.request.method": method, "http.route": path, "cellplane.request_id": requestId },
      parent: event.headers.traceparent,
    };
    const answer = await trace(span, () => handler(event));
    const seconds = (clock.now() - begun) / 1_000;
    const status = String(answer.statusCode);
    measure("cellplane_http_request_seconds", seconds, { method, route: path, status });
    log("info", "request", { method, route: path, status, seconds, requestId });
    return answer;
  };
}
