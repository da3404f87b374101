import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aKey, aNetwork, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

describe("the API of rollouts", () => {
  let plane: TestControlPlane;
  let call: CallApi;
  beforeAll(async () => {
    plane = await aControlPlane({ waitMs: 20 });
    const operator = await aKey(plane, { platform: true });
    call = anApi(plane, operator);
    await plane.addCell();
    const net = await aNetwork(call, "default", "n-1", operator);
    await plane.follow();
    const [created] = await plane.store.list("operations-of-network", net, { limit: 1 });
    await plane.ended(created?.id ?? "");
    await call("POST", "/v1/releases", {
      body: { version: "0.2.0", upgradesFrom: ["0.1.x"], downgradesTo: ["0.1.x"] },
    });
  });
  afterAll(() => plane.close());

  const start = (spec: object) => call("POST", "/v1/rollouts", { body: { spec, reason: "test" } });

  it.each([
    ["an unknown release", { change: { release: "9.9.9" } }, "change.release"],
    ["nothing to change", { change: {} }, "spec.change"],
    ["more than everything", { change: { release: "0.2.0" }, waves: [{ percent: 101 }] }, "spec.waves.0.percent"],
    ["an empty selector", { change: { release: "0.2.0" }, selector: {} }, "spec.selector"],
    ["nobody", { change: { release: "0.2.0" }, selector: { regions: ["nowhere"] } }, "selector"],
    ["a move", { change: { leaveCell: `cel_${"0".repeat(26)}` } }, "change.leaveCell"],
    [
      "a gate that nobody can ask",
      { change: { release: "0.2.0" }, gates: [{ before: 1, kind: "alarm", alarm: "up == 0" }] },
      "gates.0",
    ],
  ])("refuses %s, and says where", async (_what, spec, path) => {
    const { status, json } = await start(spec);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ path })]) });
  });

  it("starts one, explains it, takes commands where they make sense, and records who gave them", async () => {
    const { status, json } = await start({ change: { release: "0.2.0" }, gates: [{ before: 1, kind: "manual" }] });
    expect(status).toBe(202);
    const path = `/v1/rollouts/${json.id}`;
    const state = async () => (await call("GET", path)).json.state;
    await expect.poll(async () => JSON.stringify((await call("GET", `${path}/explain`)).json)).toContain("approved");
    expect((await call("GET", `${path}/targets?state=pending`)).json.items).toHaveLength(1);
    expect((await call("POST", `${path}/pause`, { body: { reason: "lunch" } })).status).toBe(202);
    expect(await state()).toBe("paused");
    const body = { maxConcurrent: 1, reason: "slower" };
    expect((await call("PATCH", path, { body })).json).toMatchObject({ pace: { total: 1 } });
    expect((await call("POST", `${path}/approve`, { body: {} })).status).toBe(400);
    expect((await call("POST", `${path}/abort`, { body: { reason: "no" } })).status).toBe(202);
    await expect.poll(state).toBe("aborted");
    const { network } = (await call("GET", `${path}/targets`)).json.items[0] ?? {};
    expect((await call("GET", `${path}/report`)).json).toMatchObject({
      ...{ rollout: { id: json.id, stopping: { reason: "no" } }, summary: { state: "aborted", targets: 1 } },
      ...{ waves: [{}, {}, {}, { targets: 1 }], failures: [], undoFailures: [] },
      untouched: [{ state: "skipped", count: 1, networks: [network] }],
    });
    expect(await call("GET", `/v1/rollouts/rol_${"0".repeat(26)}/report`)).toMatchObject({ status: 404 });
    expect(await call("POST", `${path}/pause`)).toMatchObject({ status: 409, json: { possible: expect.any(Array) } });
    const audit = await call("GET", "/v1/orgs/default/audit?action=rollout");
    expect(audit.json.items.map(({ action }) => action)).toEqual([
      "rollout.abort",
      "rollout.pace",
      "rollout.pause",
      "rollout.start",
    ]);
  });

  it("lets an owner put an update off, as far as the plan lets, and says so", async () => {
    const [net] = (await call("GET", "/v1/orgs/default/networks")).json.items.map(({ id }) => id);
    const defer = (body: object) => call("POST", `/v1/networks/${net}/defer`, { body });
    const soon = new Date(plane.clock.now() + 60 * 60_000).toISOString();
    expect(await defer({ until: soon })).toMatchObject({
      status: 409,
      json: { detail: "No update that could be deferred is coming to n-1." },
    });
    const rollout = (await start({ change: { release: "0.2.0" }, gates: [{ before: 1, kind: "manual" }] })).json.id;
    const path = `/v1/rollouts/${rollout}`;
    await expect.poll(async () => (await call("GET", `${path}/targets`)).json.items.length).toBe(1);
    const far = new Date(plane.clock.now() + 30 * 24 * 60 * 60_000).toISOString();
    expect(await defer({ until: far })).toMatchObject({ status: 400, json: { errors: [{ path: "until" }] } });
    expect(await defer({ until: "tomorrow" })).toMatchObject({ status: 400 });
    const put = await defer({ until: soon, reason: "holidays" });
    expect(put).toMatchObject({ status: 200, json: { network: net, until: soon, rollouts: [rollout] } });
    expect(await defer({ until: soon })).toMatchObject({ status: 200 });
    await expect.poll(async () => (await call("GET", path)).json).toMatchObject({ gates: [{ state: "asking" }] });
    expect((await call("POST", `${path}/approve`, { body: { gate: 1, reason: "go" } })).status).toBe(202);
    await expect
      .poll(async () => JSON.stringify((await call("GET", `${path}/explain?network=${net}`)).json))
      .toContain(`its owner deferred it until ${soon}`);
    expect(await defer({ until: new Date(plane.clock.now() + 120 * 60_000).toISOString() })).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining("may be deferred once") },
    });
    expect((await call("GET", `/v1/networks/${net}`)).json).toMatchObject({ status: { release: "0.1.0" } });
    expect(await defer({ until: null })).toMatchObject({ status: 200, json: { until: null } });
    expect((await call("GET", `/v1/networks/${net}/events`)).json.items.slice(0, 2)).toMatchObject([
      { type: "update.resumed" },
      { type: "update.deferred" },
    ]);
    const audit = await call("GET", "/v1/orgs/default/audit?action=network.defer");
    expect(audit.json.items).toHaveLength(2);
    expect((await call("POST", `${path}/abort`)).status).toBe(202);
    await expect.poll(async () => (await call("GET", path)).json.state).toBe("aborted");
  });

  it("waits for nodes that are too old for the release, and says how many they are", async () => {
    const minEdge = "0.2.0";
    await call("POST", "/v1/releases", { body: { version: "0.3.0", minEdge, upgradesFrom: ["0.1.x"] } });
    const [listed] = (await call("GET", "/v1/orgs/default/networks")).json.items;
    const status = await plane.store.get("network-status", `${listed?.id}`);
    if (!status) throw new Error("its cell has reported it");
    const { value, version } = status;
    const nodes = { online: 3, total: 3, edges: { "0.1.0": 2, "0.2.0": 1 } };
    const told = { ...value, observed: { ...value.observed, nodes } };
    await plane.store.commit([{ write: "put", was: version, kind: "network-status", value: told }]);
    await plane.report(value.cell);
    expect((await call("GET", `/v1/networks/${listed?.id}`)).json).toMatchObject({ status: { nodes } });
    const path = `/v1/rollouts/${(await start({ change: { release: "0.3.0" } })).json.id}`;
    await expect
      .poll(async () => JSON.stringify((await call("GET", `${path}/explain`)).json))
      .toContain("2 of its nodes have an edge older than the release needs (0.2.0), the oldest 0.1.0: update them");
    await expect
      .poll(async () => (await call("GET", `${path}/targets?why=edge-too-old`)).json.items)
      .toMatchObject([{ network: listed?.id, state: "waiting", attempt: null }]);
    expect((await call("GET", `${path}/targets?why=window`)).json.items).toEqual([]);
    expect((await call("POST", `${path}/abort`)).status).toBe(202);
    await expect.poll(async () => (await call("GET", path)).json.state).toBe("aborted");
  });

  it("keeps freezes until they are taken away", async () => {
    const body = { scope: { fleet: true }, reason: "holidays", until: "2099-01-01T00:00:00.000Z" };
    const { status, json } = await call("POST", "/v1/freezes", { body });
    expect(status).toBe(201);
    expect((await call("GET", "/v1/freezes")).json.items).toMatchObject([{ id: json.id }]);
    expect((await call("DELETE", `/v1/freezes/${json.id}`)).status).toBe(204);
    expect((await call("GET", "/v1/freezes")).json.items).toEqual([]);
  });
});
