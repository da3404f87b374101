import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { embeddedMetrics } from "#adapters/emf.ts";
import { prometheus } from "#adapters/prometheus.ts";
import { measuredStore } from "#core/operations/measured-store.ts";
import { sweep } from "#core/operations/sweep.ts";
import { apiHandler } from "../../../functions/api.ts";
import { gateway } from "../../../standalone/control-plane/gateway.ts";
import { metricsPage } from "../../../standalone/control-plane/metrics.ts";
import { aKey } from "../../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../../control-plane.ts";

describe("GET /metrics", () => {
  let plane: TestControlPlane;
  let deps: TestControlPlane["deps"];
  let call: (path: string, init?: RequestInit, from?: string) => Promise<Response>;
  const figure = async (line: string) =>
    (await (await call("/metrics")).text())
      .split("\n")
      .find((candidate) => candidate.startsWith(`${line} `))
      ?.slice(line.length + 1);

  beforeEach(async () => {
    plane = await aControlPlane();
    const figures = prometheus();
    deps = { ...plane.deps, measure: figures.measure, store: measuredStore(plane.store, figures.measure) };
    const app = gateway(apiHandler(deps), [metricsPage(deps, figures)]);
    call = async (path, init, from = "127.0.0.1") =>
      app.request(path, init, { incoming: { socket: { remoteAddress: from } } });
  });
  afterEach(() => plane.close());

  it("is for this machine, and elsewhere for operators of the platform alone", async () => {
    const as = async (key: object, from?: string, headers = {}) =>
      (await call("/metrics", { headers: { authorization: `Bearer ${await aKey(plane, key)}`, ...headers } }, from))
        .status;
    expect((await call("/metrics")).status).toBe(200);
    expect((await call("/metrics", {}, "203.0.113.7")).status).toBe(401);
    expect((await call("/metrics", { headers: { "x-forwarded-for": "203.0.113.7" } })).status).toBe(401);
    expect(await as({ platform: false }, "203.0.113.7")).toBe(403);
    expect(await as({ platform: true }, "203.0.113.7")).toBe(200);
  });

  it("counts requests by route, never by id", async () => {
    for (const path of ["/v1/networks/net_00000000000000000000000000", "/v1/networks/other", "/healthz", "/x", "/y"])
      await call(path);
    const requests = "cellplane_http_request_seconds_count";
    expect(await figure(`${requests}{method="GET",route="/v1/networks/{net}",status="401"}`)).toBe("2");
    expect(await figure(`${requests}{method="GET",route="/healthz",status="200"}`)).toBe("1");
    expect(await figure(`${requests}{method="any",route="nowhere",status="404"}`)).toBe("2");
  });

  it("counts operations by kind and outcome, and how long it takes until a network is ready", async () => {
    const headers = {
      authorization: `Bearer ${await aKey(plane)}`,
      "content-type": "application/json",
    };
    const create = (name: string) =>
      call("/v1/orgs/default/networks", { method: "POST", headers, body: JSON.stringify({ name }) });
    const { operation } = (await (await create("a")).json()) as { operation: { id: string } };
    await call(`/v1/operations/${operation.id}/cancel`, { method: "POST", headers });
    expect(await figure('cellplane_operation_seconds_count{kind="create",outcome="cancelled"}')).toBe("1");
    expect(await figure('cellplane_intent_to_ready_seconds_count{kind="create"}')).toBeUndefined();
  });

  it("tells of cells by their freshness, and of what waits", async () => {
    await plane.addCell();
    expect(await figure('cellplane_cells{freshness="fresh"}')).toBe("1");
    plane.clock.advance(120_000);
    await plane.addCell();
    expect(await figure('cellplane_cells{freshness="fresh"}')).toBe("1");
    expect(await figure('cellplane_cells{freshness="silent"}')).toBe("1");

    const headers = { authorization: `Bearer ${await aKey(plane)}`, "content-type": "application/json" };
    await call("/v1/orgs/default/networks", { method: "POST", headers, body: '{"name":"a"}' });
    await plane.lose();
    plane.clock.advance(65_000);
    await sweep(deps);
    // Due after 5 s of grace.
    expect(Number(await figure("cellplane_queue_age_seconds"))).toBeCloseTo(60, 0);
    expect(await figure("cellplane_sweep_taken_up_total")).toBe("1");
  });
});

describe("embedded metrics", () => {
  it("are lines that CloudWatch makes metrics of", () => {
    const lines: string[] = [];
    const measure = embeddedMetrics({ write: (line) => lines.push(line), clock: { now: () => 1_767_348_000_000 } });
    measure("cellplane_operation_seconds", 1.5, { kind: "create", outcome: "succeeded" });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        _aws: {
          Timestamp: 1_767_348_000_000,
          CloudWatchMetrics: [
            {
              Namespace: "cellplane",
              Dimensions: [["kind", "outcome"]],
              Metrics: [{ Name: "cellplane_operation_seconds", Unit: "Seconds" }],
            },
          ],
        },
        kind: "create",
        outcome: "succeeded",
        cellplane_operation_seconds: 1.5,
      },
    ]);
  });
});
