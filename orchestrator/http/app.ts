import { type Context, Hono } from "hono";
import { type NetworkRoute, orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { errorKinds, problemOf, Refusal } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import * as deployments from "./deployments.ts";
import { type Act, type Answer, serve } from "./endpoint.ts";
import * as enrolment from "./enrolment.ts";
import * as health from "./health.ts";
import * as nodes from "./nodes.ts";
import * as pipelines from "./pipelines.ts";
import type { Served } from "./served.ts";
import * as tokens from "./tokens.ts";
import * as workspaces from "./workspaces.ts";

/** Each route's endpoint has the route's name; a route without one does not compile. */
const endpoints: { readonly [K in keyof typeof routes]: Act<(typeof routes)[K]> } = {
  ...health,
  ...enrolment,
  ...workspaces,
  ...tokens,
  ...nodes,
  ...pipelines,
  ...deployments,
};

/** The customers' door. `served` is undefined until the broker answered for the first time. */
export function customerApp(served: () => Served | undefined, release: string, log: Log): Hono {
  const app = new Hono();
  const mount = <R extends NetworkRoute>(route: R, act: Act<R>) =>
    app.on(route.method, honoPath(route.path), async (context) => {
      const ready = served();
      if (ready) return written(context, await serve(ready, route, act, context));
      if (route.path === "/healthz") return context.json({ status: "ok", release });
      throw new Refusal("not-ready", "The network is starting. Try again in a moment.", { retryAfterSeconds: 1 });
    });
  for (const name of Object.keys(routes) as (keyof typeof routes)[])
    mount<NetworkRoute>(routes[name], endpoints[name] as Act<NetworkRoute>);

  for (const path of new Set(Object.values(routes).map((route) => route.path)))
    app.all(honoPath(path), (context) => {
      const may = Object.values(routes).filter((route) => route.path === path);
      context.header("allow", may.map(({ method }) => method).join(", "));
      throw new Refusal("method-not-allowed", `${path} does not take ${context.req.method}.`);
    });
  app.notFound((context) =>
    problem(context, new Refusal("not-found", `There is nothing at ${context.req.path}.`), log),
  );
  app.onError((error, context) => problem(context, error, log));
  return app;
}

const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ":$1");

function written(context: Context, { status = 200, body }: Answer): Response {
  if (body === undefined) return context.body(null, status as 204);
  return context.json(body, status as 200);
}

/** What is no refusal is a bug: logged whole, answered without a word about it. */
export function problem(context: Context, error: unknown, log: Log): Response {
  const refusal = error instanceof Refusal ? error : undefined;
  if (!refusal || errorKinds[refusal.kind].status >= 500)
    // Probes ask many times a second whether it is ready.
    log(refusal ? (refusal.kind === "not-ready" ? "debug" : "warn") : "error", "a request failed", {
      ...{ method: context.req.method, path: context.req.path },
      error: refusal ? String(refusal.cause ?? refusal.message) : String(error instanceof Error ? error.stack : error),
    });
  const document = problemOf(error);
  const wait = refusal?.details.retryAfterSeconds;
  return context.body(JSON.stringify(document), document.status as 500, {
    "content-type": "application/problem+json",
    ...(wait === undefined ? {} : { "retry-after": String(wait) }),
  });
}
