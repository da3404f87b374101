import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  aFolder,
  aNetwork,
  bootstrapNode,
  call,
  type EdgeProcess,
  processesOf,
  type ReadyNetwork,
  removeFolder,
  type Standalone,
  startNode,
  startStandalone,
} from "./standalone.ts";

/** One network goes from a release to the next, back, and to a broken one, while a node sends events through a pipeline. */
describe("releases on one machine", () => {
  const folder = aFolder();
  const data = join(folder, "data");
  const source = join(folder, "app.log");
  const target = join(folder, "out.jsonl");
  let plane: Standalone;
  let network: ReadyNetwork;
  let edge: EdgeProcess;
  let writing: NodeJS.Timeout;
  let written = 0;

  beforeAll(async () => {
    plane = await startStandalone(data, "--cells", "1");
    network = await aNetwork(plane, "factory");
    const { json } = await network.call("POST", "/v1/workspaces/default/tokens", { name: "edge" });
    const node = join(folder, "node");
    writeFileSync(source, "");
    bootstrapNode(node, json.secret, "--label", "env=prod", "--allow-read", source, "--allow-write", target);
    edge = startNode(node);
    await network.call("PUT", "/v1/workspaces/default/pipelines/log", {
      v: 1,
      name: "log",
      inputs: [{ id: "app", file: { paths: [source], start: "beginning" } }],
      processors: [{ parse: { format: "json" } }],
      outputs: [{ id: "out", file: { path: target } }],
    });
    await network.call("POST", "/v1/workspaces/default/deployments", { pipeline: "log@1", selector: "env=prod" });
    writing = setInterval(() => {
      appendFileSync(source, `{"n":${written}}\n`);
      written += 1;
    }, 5);
    await vi.waitFor(() => expect(arrived()).toBeGreaterThan(10), { timeout: 60_000 });
  }, 180_000);
  afterAll(async () => {
    clearInterval(writing);
    edge?.kill("SIGKILL");
    await plane?.stop();
    removeFolder(folder);
  });

  const lines = () => (existsSync(target) ? readFileSync(target, "utf8").split("\n").slice(0, -1) : []);
  const arrived = () => lines().length;
  const publish = (version: string, upgradesFrom: string[], downgradesTo: string[] = upgradesFrom) =>
    plane.call("POST", "/v1/releases", { version, upgradesFrom, downgradesTo });
  const patch = (release: string, query = "?wait=20") =>
    plane.call("PATCH", `/v1/networks/${network.id}${query}`, { release }, { "if-match": "*" });
  const state = async () => (await plane.call("GET", `/v1/networks/${network.id}`)).json;
  const running = async (api = network.api) => (await call(`${api}/healthz`, {})).json.release;

  /** What the broker itself knows of the node's connection: which it is, since when. */
  const connection = async () => {
    const [, port] = /\bPORT_MONITOR=(\d+)/.exec(processesOf(network.id.replace("_", "-")).join("\n")) ?? [];
    const { json } = await call(`http://127.0.0.1:${port}/connz?auth=1`, {});
    const [{ json: nodes }] = await Promise.all([network.call("GET", "/v1/workspaces/default/nodes")]);
    const found = json.connections.filter(({ name }: { name?: string }) => name?.includes(nodes.items[0].id));
    return found.map(({ cid, start }: { cid: number; start: string }) => ({ cid, start }));
  };

  it("are builds that differ on disk", async () => {
    const published = await publish("0.2.0", ["0.1.x"]);
    expect(published).toMatchObject({ status: 201, json: { version: "0.2.0", channels: [] } });
    const build = (version: string) => readFileSync(join(data, "builds", `${version}.mjs`), "utf8");
    expect(build("0.2.0")).not.toBe(build("0.1.0"));
    expect(await running()).toBe("0.1.0");
    expect(await state()).toMatchObject({ release: null, resolvedRelease: "0.1.0" });
  });

  it("are refused where there is no way there", async () => {
    await publish("0.3.0", ["0.2.x"], []);
    expect(await patch("0.3.0")).toMatchObject({ status: 409, json: { allowed: ["0.2.0"] } });
    expect(await patch("7.7.7")).toMatchObject({ status: 400 });
    expect(await running()).toBe("0.1.0");
  });

  it("replace the orchestrator under a connected node, which nobody disconnects", async () => {
    const before = await connection();
    expect(before).toHaveLength(1);
    for (const release of ["0.2.0", "0.1.0", "0.2.0"]) {
      const during = arrived();
      expect(await patch(release)).toMatchObject({ status: 202, json: { operation: { state: "succeeded" } } });
      expect(await running()).toBe(release);
      expect(await state()).toMatchObject({ resolvedRelease: release, status: { phase: "ready", release } });
      await expect.poll(arrived).toBeGreaterThan(during);
    }
    expect(await connection()).toEqual(before);
    const { json } = await network.call("GET", "/v1/workspaces/default/nodes");
    expect(json.items).toMatchObject([{ state: "online" }]);
  }, 120_000);

  it("are what a new network is given by its channel or its pin", async () => {
    await plane.call("POST", "/v1/releases/0.2.0/promote", { channel: "rapid" });
    for (const [name, spec, release] of [
      ["stable", {}, "0.1.0"],
      ["rapid", { channel: "rapid" }, "0.2.0"],
      ["pinned", { release: "0.3.0" }, "0.3.0"],
    ] as const) {
      const { json } = await plane.call("POST", "/v1/orgs/default/networks?wait=20", { name, ...spec });
      expect(json).toMatchObject({ network: { resolvedRelease: release }, operation: { state: "succeeded" } });
      expect(await running(json.network.endpoints.api)).toBe(release);
    }
  }, 90_000);

  it("that are broken leave the old one serving, and can be left", async () => {
    const before = await connection();
    writeFileSync(join(data, "builds", "0.4.0.mjs"), "process.exit(1);\n");
    expect(await publish("0.4.0", ["0.2.x"])).toMatchObject({ status: 201 });
    expect(await patch("0.4.0", "")).toMatchObject({ status: 202 });
    await expect
      .poll(async () => JSON.stringify((await state()).status.conditions), { timeout: 60_000 })
      .toMatch(/CrashLoopBackOff|back-off|exit/i);
    expect(await state()).toMatchObject({ resolvedRelease: "0.4.0", status: { phase: "updating", release: "0.2.0" } });
    expect(await running()).toBe("0.2.0");
    expect(await patch("0.2.0")).toMatchObject({ status: 202, json: { operation: { state: "succeeded" } } });
    expect(await state()).toMatchObject({ status: { phase: "ready", release: "0.2.0" } });
    expect(await connection()).toEqual(before);
  }, 90_000);

  it("survive a start anew", async () => {
    clearInterval(writing);
    await plane.stop();
    plane = await startStandalone(data, "--cells", "1");
    await vi.waitFor(async () => expect(await running()).toBe("0.2.0"), { timeout: 30_000, interval: 200 });
    const { json } = await plane.call("GET", "/v1/releases");
    expect(json.items.map(({ version }: { version: string }) => version)).toEqual(["0.4.0", "0.3.0", "0.2.0", "0.1.0"]);
  }, 90_000);

  it("lose no event on the way", async () => {
    await expect.poll(arrived, { timeout: 30_000 }).toBe(written);
    expect(lines().map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: written }, (_, n) => n));
  });
});
