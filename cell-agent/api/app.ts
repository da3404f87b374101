import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { problemOf, Refusal } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import type { callAuthentication } from "./authenticate.ts";
import type { Endpoint, Served } from "./endpoint.ts";
import { metricsText } from "./metrics.ts";
import { deleteNetwork, getNetwork, listNetworks, putNetwork } from "./networks.ts";
import { putEpoch, putKeys } from "./pinned.ts";
import { jsonOf, readBody } from "./read-body.ts";
import { getReport } from "./report.ts";

const routes: readonly (readonly ["GET" | "PUT" | "DELETE", string, Endpoint])[] = [
  ["PUT", "/v1/networks/:net", putNetwork],
  ["GET", "/v1/networks/:net", getNetwork],
  ["DELETE", "/v1/networks/:net", deleteNetwork],
  ["GET", "/v1/networks", listNetworks],
  ["GET", "/v1/report", getReport],
  ["PUT", "/v1/keys", putKeys],
  ["PUT", "/v1/epoch", putEpoch],
];

type On = { Bindings: HttpBindings };

/** The provisioning API (docs: api.md §2). Everything but health wants a signature. */
export function provisioningApi(options: {
  served: Served;
  authenticate: ReturnType<typeof callAuthentication>;
  /** Why the agent cannot serve yet; `undefined` once it can. */
  notReady: () => string | undefined;
  log: Log;
}): Hono<On> {
  const { served, authenticate, notReady, log } = options;
  const app = new Hono<On>();

  const answered =
    (endpoint: Endpoint) =>
    async (c: Context<On>): Promise<Response> => {
      const call = await authenticate({
        method: c.req.method,
        // As it was sent: what was signed is not what somebody made of it.
        target: c.env.incoming.url ?? "",
        authorization: c.req.header("authorization"),
      });
      const body = await readBody(c.req.raw);
      call.accept(body);
      const why = notReady();
      if (why !== undefined) throw new Refusal("not-ready", why, { retryAfterSeconds: 1 });
      const { status, body: answer } = await endpoint(served, {
        params: c.req.param(),
        query: c.req.query(),
        json: () => jsonOf(body, c.req.header("content-type")),
        caller: c.req.raw.signal,
        kid: call.kid,
      });
      return c.json(answer, status);
    };

  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const why = notReady();
    if (why !== undefined) throw new Refusal("not-ready", why, { retryAfterSeconds: 1 });
    return c.json({ status: "ready" });
  });
  app.get("/metrics", async (c) => {
    // On the machine itself a scraper needs no token; from elsewhere the figures are as private as the rest.
    if (!isLoopback(c.env.incoming.socket.remoteAddress))
      (await authenticate({ method: "GET", target: "/metrics", authorization: c.req.header("authorization") })).accept(
        new Uint8Array(),
      );
    const { networks } = served.journal.since(undefined);
    return c.text(metricsText({ networks, openPolls: served.polls.open(), residentBytes: process.memoryUsage.rss() }));
  });
  for (const [method, path, endpoint] of routes) app.on(method, path, answered(endpoint));

  app.notFound((c) => {
    const known = routes.some(([, path]) => new RegExp(`^${path.replace(":net", "[^/]+")}$`).test(c.req.path));
    return problem(
      c,
      known
        ? new Refusal("method-not-allowed", `${c.req.method} is nothing that ${c.req.path} knows.`)
        : new Refusal("not-found", "There is nothing under this path."),
    );
  });
  app.onError((error, c) => {
    if (!(error instanceof Refusal))
      log("error", "a call failed", { method: c.req.method, path: c.req.path, error: error.stack ?? String(error) });
    return problem(c, error);
  });
  return app;
}

function problem(c: Context, error: unknown): Response {
  const document = problemOf(error);
  const after = error instanceof Refusal ? error.details.retryAfterSeconds : undefined;
  return c.body(JSON.stringify(document), document.status, {
    "content-type": "application/problem+json",
    ...(after === undefined ? {} : { "retry-after": String(after) }),
  });
}

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
