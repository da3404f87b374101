import { getConnInfo } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import type { Prometheus } from "#adapters/prometheus.ts";
import { problemOf, Refusal } from "#core/errors.ts";
import { authenticate } from "#core/operations/authenticate.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { measureCells } from "#core/operations/measure-cells.ts";

const loopback = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** GET /metrics for Prometheus: without a key to this machine alone, and to operators of the platform from anywhere. */
export function metricsPage(deps: Dependencies, { contentType, text }: Prometheus): Hono {
  const app = new Hono();
  app.get("/metrics", async (c) => {
    const from = getConnInfo(c).remote.address ?? "";
    // What a proxy on this machine passes on is not from this machine.
    const forwarded = c.req.header("forwarded") ?? c.req.header("x-forwarded-for");
    try {
      if (!loopback.has(from) || forwarded !== undefined) {
        const { platform } = await authenticate(deps, { authorization: c.req.header("authorization"), from });
        if (!platform) throw new Refusal("forbidden", "Metrics are for operators of the platform.");
      }
      await measureCells(deps);
      return c.body(await text(), 200, { "content-type": contentType, "cache-control": "no-store" });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const problem = problemOf(error);
      return new Response(JSON.stringify(problem), {
        status: problem.status,
        headers: { "content-type": "application/problem+json" },
      });
    }
  });
  return app;
}
