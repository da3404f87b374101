import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import { type Cell, placesOf } from "#core/model/cell.ts";
import type { NetworkId } from "#core/model/ids.ts";
import { NetworkSpec } from "#core/model/network.ts";
import { quotaCounter } from "#core/model/quota.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { deleteNetwork } from "#core/operations/delete-network.ts";
import { readNetwork } from "#core/operations/read-network.ts";
import { surveyCell } from "#core/operations/survey-cell.ts";
import { updateNetwork } from "#core/operations/update-network.ts";
import { aControlPlane, type TestControlPlane } from "../../control-plane.ts";

const nothing = { restored: 0, removed: 0, adopted: 0, reported: 0 };

describe("the survey of a cell", () => {
  let plane: TestControlPlane;
  let cell: Cell;
  beforeEach(async () => {
    plane = await aControlPlane();
    cell = await plane.addCell();
  });
  afterEach(() => plane.close());

  const create = async (name: string) => {
    const { network, operation } = await createNetwork(plane.deps, plane.caller, {
      org: "default",
      spec: NetworkSpec.parse({ name, plan: "standard", settings: { heartbeat: "30s" } }),
      idempotencyKey: undefined,
    });
    await plane.follow();
    await plane.ended(operation.id);
    return network.id as NetworkId;
  };
  const view = (net: string) => readNetwork(plane.deps, plane.caller, net);
  const settle = async (net: string) => {
    await plane.follow();
    const operation = (await plane.store.get("network", net))?.value.operation ?? "";
    expect((await plane.ended(operation)).state).toBe("succeeded");
  };
  const address = () => ({ id: cell.id, publicUrl: "https://127.0.0.1:1", caPem: "" });
  /** In the cell, as ordered by nobody that we know of. */
  const plant = async (
    net: NetworkId,
    { org = plane.caller.org, name = "planted", generation = 4, epoch = 1 } = {},
  ) => {
    const access = { generation, keys: [], issuers: [], revoked: [] };
    const spec = { org, name, plan: "large", release: "0.2.0", settings: { a: 1 } } as const;
    await plane.cells.apply(address(), net, { epoch, generation, spec, access });
  };

  it("finds nothing where all is as it should be, and writes no operation", async () => {
    const net = await create("factory");
    expect(await surveyCell(plane.deps, cell.id)).toEqual(nothing);
    expect(await view(net)).toMatchObject({ generation: 1, operation: null });
    expect((await plane.store.get("cell-findings", cell.id))?.value).toMatchObject({ findings: [], total: 0 });
  });

  it("brings back what the cell has lost, as an operation of its own", async () => {
    const net = await create("factory");
    plane.cells.lose(cell.id, net);
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ ...nothing, restored: 1 });
    // While that is under way, another survey adds nothing.
    expect(await surveyCell(plane.deps, cell.id)).toEqual(nothing);
    await settle(net);
    expect(plane.cells.in(cell.id).get(net)).toMatchObject({ generation: 2, phase: "ready" });
    const { operation } = (await plane.store.get("network", net))?.value ?? {};
    expect((await plane.store.get("operation", operation ?? ""))?.value).toMatchObject({ actor: "system:survey" });
  });

  it("brings up what is behind", async () => {
    const net = await create("factory");
    const old = plane.cells.in(cell.id).get(net);
    const { operation } = await updateNetwork(plane.deps, plane.caller, {
      id: net,
      ifMatch: "*",
      patch: { plan: "large" },
    });
    await plane.follow();
    await plane.ended(operation.id);
    if (old) plane.cells.say(cell.id, old);
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ ...nothing, restored: 1 });
    await settle(net);
    expect(plane.cells.in(cell.id).get(net)).toMatchObject({ generation: 3 });
  });

  it("takes away what we deleted, though it is still there", async () => {
    const net = await create("factory");
    const left = plane.cells.in(cell.id).get(net);
    const { operation } = await deleteNetwork(plane.deps, plane.caller, { id: net, ifMatch: "*" });
    await plane.follow();
    await plane.ended(operation.id);
    if (left) plane.cells.say(cell.id, left);
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ ...nothing, removed: 1 });
    expect(plane.cells.in(cell.id).size).toBe(0);
  });

  it("adopts what runs there, belongs to an organization of ours and is known to nobody", async () => {
    const net = plane.deps.ids.next("net");
    await create("taken");
    await plant(net, { name: "taken" });
    const before = await plane.store.countOf(placesOf(cell.id));
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ ...nothing, adopted: 1 });
    await settle(net);
    expect(await view(net)).toMatchObject({
      name: `taken-${net.slice(-8)}`,
      plan: "large",
      ...{ release: null, resolvedRelease: "0.2.0", settings: { a: 1 } },
      generation: 5,
      placement: { cell: cell.id },
      status: { phase: "ready" },
    });
    expect(await plane.store.countOf(placesOf(cell.id))).toBe(before + 1);
    expect(await plane.store.countOf(quotaCounter("networks", plane.caller.org))).toBe(2);
    expect(await surveyCell(plane.deps, cell.id)).toEqual(nothing);
  });

  it("leaves alone what is somebody else's, and says so", async () => {
    const net = plane.deps.ids.next("net");
    await plant(net, { org: plane.deps.ids.next("org") });
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ ...nothing, reported: 1 });
    const first = (await plane.store.get("cell-findings", cell.id))?.value.findings[0];
    expect(first).toMatchObject({ network: net, what: "orphan", action: "reported", name: "planted" });
    plane.clock.advance(60_000);
    await surveyCell(plane.deps, cell.id);
    expect((await plane.store.get("cell-findings", cell.id))?.value.findings[0]?.since).toBe(first?.since);
    expect([...plane.cells.in(cell.id).keys()]).toEqual([net]);
  });

  it("repairs one though another cannot be, and each survey tries again", async () => {
    const [a, b] = [await create("a"), await create("b")];
    plane.cells.lose(cell.id, a);
    const left = plane.cells.in(cell.id).get(b);
    const { operation } = await deleteNetwork(plane.deps, plane.caller, { id: b, ifMatch: "*" });
    await plane.follow();
    await plane.ended(operation.id);
    if (left) plane.cells.say(cell.id, left);
    const cells = {
      ...plane.cells,
      remove: () => Promise.reject(new Refusal("cell-unreachable", "Nobody answers.")),
    };
    expect(await surveyCell({ ...plane.deps, cells }, cell.id)).toEqual({ ...nothing, restored: 1, removed: 1 });
    await settle(a);
    expect(plane.cells.in(cell.id).has(b)).toBe(true);
    expect(await surveyCell(plane.deps, cell.id)).toEqual({ ...nothing, removed: 1 });
    expect([...plane.cells.in(cell.id).keys()]).toEqual([a]);
  });
});
