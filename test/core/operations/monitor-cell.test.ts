import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import type { Cell } from "#core/model/cell.ts";
import { NetworkSpec, type Observed } from "#core/model/network.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { monitorCell } from "#core/operations/monitor-cell.ts";
import { probeCell } from "#core/operations/probe-cell.ts";
import { listEvents } from "#core/operations/read-history.ts";
import { readNetwork } from "#core/operations/read-network.ts";
import { surveyCell } from "#core/operations/survey-cell.ts";
import { tellSilence } from "#core/operations/tell-silence.ts";
import { aControlPlane, type TestControlPlane } from "../../control-plane.ts";

describe("the monitor", () => {
  let plane: TestControlPlane;
  let cell: Cell;
  beforeEach(async () => {
    plane = await aControlPlane();
    cell = await plane.addCell({ limits: { networks: 500 } });
  });
  afterEach(() => plane.close());

  const create = async (...names: string[]) => {
    const accepted = await Promise.all(
      names.map((name) =>
        createNetwork(plane.deps, plane.caller, {
          org: "default",
          spec: NetworkSpec.parse({ name }),
          idempotencyKey: undefined,
        }),
      ),
    );
    await plane.follow();
    for (const { operation } of accepted) expect((await plane.ended(operation.id)).state).toBe("succeeded");
    return accepted.map(({ network }) => network.id);
  };
  const look = () => monitorCell(plane.deps, cell.id, 0);
  const view = (net: string) => readNetwork(plane.deps, plane.caller, net);
  /** What the owner read since it was ready, oldest first. */
  const events = async (net: string) => {
    const { items } = await listEvents(plane.deps, plane.caller, net, { limit: 100, after: undefined });
    return items.map(({ type }) => type).filter((type) => !type.startsWith("create."));
  };
  const say = (net: string, some: Partial<Observed>) => {
    const known = plane.cells.in(cell.id).get(net);
    if (!known) throw new Error(`${net} is not in the cell`);
    plane.clock.advance(10);
    plane.cells.say(cell.id, { ...known, ...some });
  };
  const one = async (name: string) => (await create(name))[0] ?? "";

  it("tells the owner once when a network is degraded, and when it is ready again", async () => {
    const net = await one("factory");
    say(net, { phase: "degraded" });
    await look();
    await look();
    expect((await view(net)).status.phase).toBe("degraded");
    say(net, { phase: "ready" });
    await look();
    expect((await events(net)).reverse()).toEqual(["phase.degraded", "phase.ready"]);
  });

  it("turns the networks of a silent cell unreachable, tells each owner once, and back", async () => {
    const nets = await create(...Array.from({ length: 100 }, (_, n) => `n-${n}`));
    await look();
    expect(await tellSilence(plane.deps, cell.id)).toEqual({ told: 0 });
    plane.clock.advance(61_000);
    plane.cells.fail(cell.id, new Refusal("cell-unreachable", "Nobody answers."));
    await expect(look()).rejects.toMatchObject({ kind: "cell-unreachable" });
    expect((await view(nets[0] ?? "")).status).toMatchObject({ phase: "unreachable", fresh: false });
    const told = [];
    for (let turn = 0; turn < 4; turn++) told.push((await tellSilence(plane.deps, cell.id)).told);
    expect(told).toEqual([90, 10, 0, 0]);

    plane.cells.fail(cell.id, undefined);
    await look();
    expect((await view(nets[0] ?? "")).status).toMatchObject({ phase: "ready", fresh: true });
    for (let turn = 0; turn < 4; turn++) await tellSilence(plane.deps, cell.id);
    for (const net of nets) expect((await events(net)).reverse()).toEqual(["phase.unreachable", "phase.ready"]);
    expect(await plane.store.get("cell-silence", cell.id)).toBeUndefined();
  });

  it("tells of the end of a silence only those who heard of it", async () => {
    const nets = await create(...Array.from({ length: 100 }, (_, n) => `n-${n}`));
    await look();
    plane.clock.advance(61_000);
    expect(await tellSilence(plane.deps, cell.id)).toEqual({ told: 90 });
    await look();
    expect(await tellSilence(plane.deps, cell.id)).toEqual({ told: 90 });
    const read = await Promise.all(nets.map(events));
    expect(read.filter((types) => types.length === 2)).toHaveLength(90);
    expect(read.filter((types) => types.length === 0)).toHaveLength(10);
  });

  it("is not kept from the others by what is wrong with one network's records", async () => {
    const [bad = "", good = ""] = await create("bad", "good");
    const status = await plane.store.get("network-status", bad);
    await plane.store.commit([
      { write: "put", was: status?.version ?? 0, kind: "network-status", value: { network: bad } as never },
    ]);
    say(good, { phase: "degraded" });
    await look();
    expect((await view(good)).status.phase).toBe("degraded");
  });

  it("looks from outside at a rotating sample and at every doubtful one, and shows what it meets", async () => {
    const nets = await create(...Array.from({ length: 12 }, (_, n) => `n-${n}`));
    await look();
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      expect(await probeCell(plane.deps, cell.id)).toEqual({ probed: 3 });
      for (const knock of plane.probe.knocks()) seen.add(knock);
      plane.clock.advance(60_000);
      await look();
    }
    expect(seen.size).toBe(12);

    const [net = ""] = nets;
    const api = (await view(net)).endpoints?.api ?? "";
    plane.probe.shut(api, { nats: true });
    say(net, { reachable: { api: true, nats: false, checkedAt: null } });
    await look();
    expect(await probeCell(plane.deps, cell.id)).toEqual({ probed: 4 });
    expect(plane.probe.knocks()).toContain(api);
    expect((await view(net)).status.reachable).toMatchObject({ nats: false, checkedAt: expect.any(String) });
    expect((await events(net)).reverse()).toEqual(["reachability.lost"]);

    plane.probe.shut(api, undefined);
    say(net, { reachable: { api: true, nats: true, checkedAt: null } });
    await look();
    expect(await probeCell(plane.deps, cell.id)).toEqual({ probed: 4 });
    expect((await view(net)).status.reachable).toMatchObject({ api: true, nats: true });
    expect((await events(net)).reverse()).toEqual(["reachability.lost", "reachability.back"]);
  });

  it("leaves alone from outside what is on its way", async () => {
    const [net = ""] = await create("factory");
    say(net, { phase: "updating" });
    await look();
    expect(await probeCell(plane.deps, cell.id)).toEqual({ probed: 0 });
  });

  it("costs one call a cell and period for the digest, one for the survey, and the samples", async () => {
    await create(...Array.from({ length: 60 }, (_, n) => `n-${n}`));
    plane.cells.calls();
    await look();
    await surveyCell(plane.deps, cell.id);
    await probeCell(plane.deps, cell.id);
    expect(plane.cells.calls()).toEqual([`report ${cell.id}`, `list ${cell.id}`]);
    expect(plane.probe.knocks()).toHaveLength(3);
  });

  it("tells a cell that another home has taken over", async () => {
    const fleet = await plane.store.get("fleet", "fleet");
    await plane.store.commit([
      { write: "put", was: fleet?.version ?? 0, kind: "fleet", value: { id: "fleet", epoch: 7 } },
    ]);
    await look();
    const address = { id: cell.id, publicUrl: "", caPem: "" };
    expect(await plane.cells.report(address, { since: null, waitMs: 0 })).toMatchObject({ epoch: 7 });
  });
});
