import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  aFolder,
  aNetwork,
  bootstrapNode,
  call,
  type EdgeProcess,
  pidsOf,
  type ReadyNetwork,
  removeFolder,
  type Standalone,
  startNode,
  startStandalone,
} from "./standalone.ts";

const LONG = { timeout: 60_000, interval: 250 };
const any = { "if-match": "*" };

/** What can be changed of a network while its nodes are connected: who may call it, its settings, its secrets. */
describe("a network that is in use", () => {
  const folder = aFolder();
  const data = join(folder, "data");
  const nodeData = join(folder, "node");
  let plane: Standalone;
  let network: ReadyNetwork;
  let edge: EdgeProcess | undefined;

  beforeAll(async () => {
    plane = await startStandalone(data);
    network = await aNetwork(plane, "factory");
    const made = await network.call("POST", "/v1/workspaces/default/tokens", { name: "t" });
    expect(bootstrapNode(nodeData, made.json.secret).status).toBe(0);
    edge = startNode(nodeData);
    await vi.waitFor(async () => expect((await node())?.state).toBe("online"), LONG);
  }, 180_000);
  afterAll(async () => {
    edge?.kill("SIGKILL");
    await plane?.stop();
    removeFolder(folder);
  }, 120_000);

  const node = async () => (await network.call("GET", "/v1/workspaces/default/nodes")).json.items?.[0];
  const settled = (operation: string) =>
    expect
      .poll(async () => (await plane.call("GET", `/v1/operations/${operation}`)).json.state, LONG)
      .toBe("succeeded");
  const pids = (program: string) =>
    [network.id, network.id.replace("_", "-")].flatMap((about) => pidsOf(about, program)).toSorted();
  const certificate = () =>
    new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(network.nats);
      const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.once("error", reject);
    });

  it("shuts a subject out within 5 s of the change, and restarts nothing", async () => {
    const me = (await plane.call("GET", "/v1/me")).json.actor as string;
    const { token } = (await plane.call("POST", `/v1/networks/${network.id}/token`)).json;
    const ask = () => call(`${network.api}/v1/workspaces`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);
    const before = pids("");
    const entries = [{ subject: me, role: "viewer", workspaces: ["default"] }];
    const put = await plane.call("PUT", `/v1/networks/${network.id}/access`, { entries }, any);
    const at = performance.now();
    expect(put.status).toBe(200);
    await expect.poll(async () => (await ask()).status, { timeout: 60_000, interval: 50 }).toBe(401);
    expect(performance.now() - at).toBeLessThan(5_000);
    // What they get from then on is what their entry says.
    const viewer = await network.call("GET", "/v1/workspaces");
    expect(viewer.status).toBe(200);
    expect((await network.call("POST", "/v1/workspaces", { name: "mine" })).status).toBe(403);
    await settled(put.json.operation);
    expect(pids("")).toEqual(before);
    const off = await plane.call("PUT", `/v1/networks/${network.id}/access`, { entries: [] }, any);
    await settled(off.json.operation);
  }, 90_000);

  it("changes how often a connected node reports", async () => {
    const seen: number[] = [];
    const intervals = async () => {
      const at = Date.parse((await node())?.lastSeen ?? "");
      if (at !== seen.at(-1)) seen.push(at);
      return seen.slice(1).map((time, n) => time - (seen[n] ?? 0));
    };
    const patch = await plane.call("PATCH", `/v1/networks/${network.id}`, { settings: { heartbeat: "5s" } }, any);
    expect(patch.status).toBe(202);
    await settled(patch.json.operation.id);
    seen.length = 0;
    // Unless it was told, it reports every 10 s.
    await expect
      .poll(async () => (await intervals()).filter((apart) => apart > 4_000 && apart < 6_500).length, LONG)
      .toBeGreaterThanOrEqual(2);
  }, 120_000);

  it("gets new secrets, and keeps its nodes", async () => {
    const [broker, orchestrator] = [pids("nats-server"), pids(".mjs")];
    const shown = await certificate();
    const states = new Set<string>();
    const watching = setInterval(() => {
      node().then(
        (one) => one && states.add(one.state),
        () => undefined,
      );
    }, 250);
    const rotated = await plane.call("POST", `/v1/networks/${network.id}/rotate-secrets`);
    expect(rotated).toMatchObject({ status: 202, json: { operation: { kind: "rotate" } } });
    await settled(rotated.json.operation.id);
    clearInterval(watching);

    expect(await certificate()).not.toBe(shown);
    expect(pids("nats-server")).toEqual(broker);
    expect(pids(".mjs")).not.toEqual(orchestrator);
    expect([...states]).toEqual(["online"]);
    expect((await plane.call("GET", `/v1/networks/${network.id}`)).json.status).toMatchObject({
      phase: "ready",
      conditions: expect.arrayContaining([expect.objectContaining({ type: "SecretsRotated", status: "True" })]),
    });
    const made = await network.call("POST", "/v1/workspaces/default/tokens", { name: "after" });
    expect(bootstrapNode(join(folder, "second"), made.json.secret).status).toBe(0);
  }, 120_000);
});
