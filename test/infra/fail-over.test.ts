import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { call as http } from "../e2e/standalone.ts";
import { type Assembly, startAssembly } from "./assembly/assembly.ts";
import { type CellState, openCellState } from "./assembly/cell-state.ts";
import { type Cells, startCells } from "./assembly/cells.ts";
import { replicate } from "./assembly/replicate.ts";
import { resolverOf } from "./assembly/resolve.ts";
import { elsewhere, type Json, synthesize, withReplica } from "./synthesize.ts";

/**
 * docs/runbooks/fail-over.md on two synthesized regions: each with a table of its own, so that they can lose sight of each other.
 * Replication is a copy that the test makes, and what is not copied has not arrived.
 */
describe("a fail-over", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-fail-over-"));
  const data = join(folder, "data");
  const folders = [folder];
  let east: Assembly;
  let west: Assembly;
  let cells: Cells;
  let cell: CellState;
  /** Networks of before: one that the new home changes, and one that it never touches. */
  const networks = { changed: "", untouched: "" };
  let underWay: Json;

  const call = (at: Assembly, method: string, path: string, body?: unknown) =>
    http(`${at.url}${path}`, {
      method,
      body,
      headers: {
        authorization: `Bearer ${at.key}`,
        ...(method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {}),
        ...(method === "POST" ? {} : { "if-match": "*" }),
      },
    });
  const create = (at: Assembly, name: string) => call(at, "POST", "/v1/orgs/default/networks", { name });
  const ended = async (at: Assembly, operation: string): Promise<Json> => {
    const read = async () => (await call(at, "GET", `/v1/operations/${operation}?wait=20`)).json;
    const isOver = async () => /succeeded|failed|cancelled/.test((await read()).state);
    await vi.waitUntil(isOver, { timeout: 80_000, interval: 200 });
    return read();
  };

  const start = async (region: string, given: Record<string, string>, fleet?: Assembly["fleet"]) => {
    const made = synthesize(given);
    folders.push(made.folder);
    const log = join(folder, region);
    mkdirSync(log);
    const stack = `cellplane-control-plane-${region}`;
    const dynamo = inject("dynamoEndpoint");
    const assembly = await startAssembly({
      folder: made.folder,
      stack,
      region,
      dynamo,
      log,
      ...(fleet ? { fleet } : {}),
    });
    return { assembly, template: made.template };
  };

  beforeAll(async () => {
    const first = await start("eu-central-1", withReplica);
    east = first.assembly;
    await east.follow();
    cells = await startCells({ data, controlPlane: east.url, key: east.key, count: 1 });
    cell = openCellState(data, "cell-1");
    const joined = async () => typeof (await call(east, "GET", `/v1/cells/${cells.ids[0]}`)).json.url === "string";
    await vi.waitUntil(joined, { timeout: 120_000, interval: 200 });
    east.events.pass(1);
    for (const which of ["changed", "untouched"] as const) {
      const { json } = await create(east, which);
      networks[which] = json.network.id;
      expect(await ended(east, json.operation.id)).toMatchObject({ state: "succeeded" });
    }
    // What the home's stack puts out is what a person gives the other region's.
    const { resolve } = resolverOf(first.template, "eu-central-1");
    const out = (name: string) => resolve(first.template.Outputs?.[name]?.Value);
    const keys = { cellCallKey: out("CellCallsKeyId"), networkTokenKey: out("NetworkTokensKeyId") };
    west = (await start("eu-west-1", { ...elsewhere, ...keys }, east.fleet)).assembly;
    await replicate(east, west);
    await west.follow();
  }, 180_000);
  afterAll(async () => {
    cell?.close();
    await cells?.close();
    await west?.close();
    await east?.close();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });

  it("comes to a region that shows the same as the home, and changes nothing", async () => {
    for (const id of Object.values(networks)) {
      const [there, here] = [
        await call(east, "GET", `/v1/networks/${id}`),
        await call(west, "GET", `/v1/networks/${id}`),
      ];
      expect([here.status, here.json.generation, here.json.placement]).toEqual([200, 1, there.json.placement]);
    }
    // A list goes on in the other region where it was left.
    const { next, items } = (await call(east, "GET", "/v1/networks?limit=1")).json;
    const rest = await call(west, "GET", `/v1/networks?limit=1&cursor=${encodeURIComponent(next)}`);
    expect([...items, ...rest.json.items].map(({ id }: Json) => id).sort()).toEqual(Object.values(networks).sort());
    expect(await create(west, "too-early")).toMatchObject({
      status: 503,
      json: { detail: "This region serves reads alone: changes are made in eu-central-1, the home." },
    });
  });

  it("goes by the runbook's command: the new home tells the cells", async () => {
    // Accepted by the old home in its last moments: it has arrived, and nobody has begun it.
    await east.unfollow();
    underWay = (await create(east, "under-way")).json;
    await replicate(east, west);

    await expect(west.invoke("take-home", { epoch: 7 })).rejects.toMatchObject({
      name: "conflict",
      message: "The fleet is at epoch 1 with its home in eu-central-1, not at 7.",
    });
    expect(await cell.epoch()).toBe(1);
    for (let times = 0; times < 2; times += 1)
      expect(await west.invoke("take-home", { epoch: 1 })).toEqual({ epoch: 2, home: "eu-west-1" });
    const heard = () => {
      west.events.pass(1);
      return cell.epoch();
    };
    await expect.poll(heard, { interval: 1_000 }).toBe(2);
  });

  it("lets the new home change and make what it likes", async () => {
    const path = `/v1/networks/${networks.changed}`;
    let changed: Json;
    // Its functions read within 5 s that they are at home now.
    const change = async () => {
      changed = await call(west, "PATCH", path, { plan: "standard" });
      return changed.status;
    };
    await expect.poll(change, { interval: 500, timeout: 10_000 }).toBe(202);
    expect(await ended(west, changed.json.operation.id)).toMatchObject({ state: "succeeded", generation: 2 });
    expect(await cell.orderOf(networks.changed)).toMatchObject({ epoch: 2, generation: 2, spec: { plan: "standard" } });
    const made = await create(west, "of-the-west");
    expect(await ended(west, made.json.operation.id)).toMatchObject({ state: "succeeded" });
  });

  it("leaves an old home that has not heard of it with orders that no cell takes", async () => {
    await east.follow();
    const refused = async (method: string, network: string, body?: unknown) => {
      const { status, json } = await call(east, method, `/v1/networks/${network}`, body);
      // Its own table says that it is the home.
      expect(status).toBe(202);
      expect(await ended(east, json.operation.id)).toMatchObject({
        state: "failed",
        error: { type: "urn:cellplane:stale-generation", detail: expect.stringContaining("epoch 2 has begun") },
      });
    };
    // Also with a generation above that of the new home's order.
    for (const plan of ["large", "starter", "large"]) await refused("PATCH", networks.changed, { plan });
    await refused("DELETE", networks.untouched);

    expect(await cell.orderOf(networks.changed)).toMatchObject({ epoch: 2, generation: 2, spec: { plan: "standard" } });
    expect(await cell.orderOf(networks.untouched)).toMatchObject({ generation: 1, spec: { plan: "starter" } });
    const { json } = await call(west, "GET", `/v1/networks/${networks.untouched}`);
    expect(json).toMatchObject({ generation: 1, status: { phase: "ready" } });
    expect((await http(`${json.endpoints.api}/healthz`, {})).status).toBe(200);
  });

  it("takes up in the new home what was under way in the old one", async () => {
    const { network, operation } = underWay;
    const state = async () => {
      west.events.pass(1);
      return (await call(west, "GET", `/v1/operations/${operation.id}`)).json.state;
    };
    await expect.poll(state, { interval: 1_000, timeout: 80_000 }).toBe("succeeded");
    expect(await cell.orderOf(network.id)).toMatchObject({ epoch: 2, generation: 1 });
    const { json } = await call(west, "GET", `/v1/networks/${network.id}`);
    expect((await http(`${json.endpoints.api}/healthz`, {})).status).toBe(200);
  });

  it("ends for the old home as soon as it reads of the new one: it refuses changes and serves reads", async () => {
    await replicate(west, east, (id) => id === "fleet");
    let count = 0;
    await expect
      .poll(async () => (await create(east, `late-${count++}`)).json, { interval: 1_000, timeout: 10_000 })
      .toMatchObject({
        status: 503,
        detail: "This region serves reads alone: changes are made in eu-west-1, the home.",
      });
    expect((await call(east, "GET", `/v1/networks/${networks.changed}`)).status).toBe(200);
    // Its schedules go on and find nothing that is theirs to do.
    await expect.poll(() => east.invoke("sweep", {}), { interval: 1_000, timeout: 10_000 }).toBeNull();
    await expect(east.invoke("take-home", { epoch: 1 })).rejects.toMatchObject({ name: "conflict" });
  });

  it("asked for nothing that the two templates do not allow", () => {
    expect([east.denied, west.denied]).toEqual([[], []]);
  });
});
