import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  aFolder,
  aNetwork,
  bootstrapNode,
  call,
  type EdgeProcess,
  isAlive,
  networkOf,
  pidsOf,
  processesOf,
  type ReadyNetwork,
  removeFolder,
  type Standalone,
  startNode,
  startStandalone,
} from "./standalone.ts";

/** Every process killed without a word, one after the other, while a node works. */
describe("it keeps working", () => {
  const folder = aFolder();
  const data = join(folder, "data");
  const node = join(folder, "node");
  const source = join(folder, "app.log");
  const target = join(folder, "out.jsonl");
  let plane: Standalone;
  let edge: EdgeProcess;
  let network: ReadyNetwork;
  let written = 0;

  const lines = () => (existsSync(target) ? readFileSync(target, "utf8").split("\n").length - 1 : 0);
  /** New lines go through the node's pipeline. */
  const expectFlow = async () => {
    for (let n = 0; n < 10; n++) appendFileSync(source, `{"n":${written++}}\n`);
    await expect.poll(lines, { timeout: 60_000 }).toBe(written);
  };
  const nodeState = async () => (await network.call("GET", "/v1/workspaces/default/nodes")).json.items[0]?.state;
  const expectWhole = async () => {
    await expect
      .poll(async () => (await plane.call("GET", `/v1/networks/${network.id}`)).json.status?.phase, { timeout: 40_000 })
      .toBe("ready");
    await expect.poll(nodeState, { timeout: 40_000 }).toBe("online");
    await expectFlow();
  };
  const cellOf = (id: string) => {
    const found = plane.endpoints().cells.find((cell) => cell.id === id);
    if (!found) throw new Error(`no cell ${id}`);
    return found;
  };
  const aToken = async () => (await network.call("POST", "/v1/workspaces/default/tokens", { name: "one" })).json.secret;
  /** Pid of a program of this network, by its command line. */
  const workload = (program: string) => {
    const [pid = Number.NaN] = [network.id, network.id.replace("_", "-")].flatMap((about) => pidsOf(about, program));
    return pid;
  };

  beforeAll(async () => {
    plane = await startStandalone(data);
    network = await aNetwork(plane, "factory-7");
    writeFileSync(source, "");
    const done = bootstrapNode(
      node,
      await aToken(),
      "--label",
      "env=prod",
      "--allow-read",
      source,
      "--allow-write",
      target,
    );
    expect(done).toMatchObject({ status: 0 });
    edge = startNode(node);
    const pipeline = {
      v: 1,
      name: "copy",
      inputs: [{ id: "app", file: { paths: [source], start: "beginning" } }],
      processors: [{ parse: { format: "json" } }],
      outputs: [{ id: "out", file: { path: target } }],
    };
    await network.call("PUT", "/v1/workspaces/default/pipelines/copy", pipeline);
    await network.call("POST", "/v1/workspaces/default/deployments", { pipeline: "copy@1", selector: {} });
    await vi.waitUntil(async () => (await nodeState()) === "online", { timeout: 90_000, interval: 100 });
  }, 120_000);
  afterAll(async () => {
    edge?.kill("SIGKILL");
    await plane?.stop();
    removeFolder(folder);
  });

  it("with the control plane gone: nodes work on, and new ones still get in", async () => {
    const token = await aToken();
    const before = plane.endpoints().controlPlane.pid;
    process.kill(before, "SIGKILL");
    const done = bootstrapNode(join(folder, "second"), token);
    expect(done).toMatchObject({ status: 0 });
    await expectFlow();
    await expect.poll(() => plane.endpoints().controlPlane.pid, { timeout: 60_000 }).not.toBe(before);
    await expectWhole();
  });

  it("completes an operation that was in flight when the control plane was killed, at whatever step", async () => {
    for (let round = 0; round < 3; round++) {
      const { json } = await plane.call("POST", "/v1/orgs/default/networks", { name: `in-flight-${round}` });
      const before = plane.endpoints().controlPlane.pid;
      await expect
        .poll(async () => (await plane.call("GET", `/v1/operations/${json.operation.id}`)).json.timeline.length, {
          interval: 5,
        })
        .toBeGreaterThan(round + 1);
      process.kill(before, "SIGKILL");
      await expect.poll(() => plane.endpoints().controlPlane.pid, { timeout: 60_000 }).not.toBe(before);
      await expect
        .poll(
          async () =>
            (await plane.call("GET", `/v1/operations/${json.operation.id}`).catch(() => undefined))?.json.state,
          { timeout: 60_000 },
        )
        .toBe("succeeded");
      await plane.call("DELETE", `/v1/networks/${json.network.id}?wait=20`, undefined, { "if-match": "*" });
    }
  }, 120_000);

  it("with an agent gone: what it runs goes on, and it comes back", async () => {
    const broker = workload("nats-server");
    const { pid } = cellOf(network.cell);
    process.kill(pid, "SIGKILL");
    await expectFlow();
    await expect.poll(() => cellOf(network.cell).pid, { timeout: 60_000 }).not.toBe(pid);
    await expectWhole();
    expect(workload("nats-server")).toBe(broker);
  });

  it("with an embedded cluster gone: heals by itself", async () => {
    const { pid } = cellOf(network.cell).cluster;
    process.kill(pid, "SIGKILL");
    await expect.poll(() => cellOf(network.cell).cluster.pid, { timeout: 60_000 }).not.toBe(pid);
    await expectWhole();
  });

  it.each([
    ["orchestrator", ".mjs"],
    ["broker", "nats-server"],
  ])("with the %s gone: heals by itself", async (_what, program) => {
    const pid = workload(program);
    process.kill(pid, "SIGKILL");
    await expectFlow();
    await expectWhole();
    expect(workload(program)).not.toBe(pid);
  });

  it("with an edge gone: goes on where it was", async () => {
    edge.kill("SIGKILL");
    await edge.ended;
    for (let n = 0; n < 10; n++) appendFileSync(source, `{"n":${written++}}\n`);
    edge = startNode(node);
    await expectWhole();
  });

  it("with the supervisor gone: leaves no process behind, and the next start finds everything as it was", async () => {
    const before = await plane.call("GET", `/v1/networks/${network.id}`);
    const cells = plane.endpoints().cells.map(({ id, name }) => ({ id, name }));
    const { key, url } = plane;
    plane.kill();
    await plane.ended;
    await expect.poll(() => processesOf(data), { timeout: 60_000 }).toEqual([]);
    expect(isAlive(edge.pid)).toBe(true);

    plane = await startStandalone(data);
    expect([plane.key, plane.url]).toEqual([key, url]);
    expect(plane.endpoints().cells.map(({ id, name }) => ({ id, name }))).toEqual(cells);
    await expectWhole();
    const after = await plane.call("GET", `/v1/networks/${network.id}`);
    expect(after.json.endpoints).toEqual(before.json.endpoints);
    network = await networkOf(plane, network.id);
    expect((await network.call("GET", "/v1/workspaces/default/nodes")).json.items.length).toBe(2);
    expect(await call(`${network.api}/healthz`, {})).toMatchObject({ status: 200 });
  });
});
