import { type StdioOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aCell, type Cell, clusterProgram } from "./cell.ts";
import { ask, expectContainer, expectEnded, isAlive, podsOf, portOf, readyPod, soon, whoAnswers } from "./pods.ts";
import { aContainer, aDeployment, aNamespace, aRoute, aService, web } from "./programs.ts";

let cell: Cell;

beforeEach(async () => {
  cell = await aCell({ web });
  for (const object of [aNamespace("one"), aService("web", "one"), aDeployment("one")])
    await cell.cluster.apply(object);
  await readyPod(cell, "one");
});
afterEach(() => cell.close());

const network = "net-01.cell.test";

describe("after kill -9 of the cluster alone", () => {
  it("finds its workloads running, with the same ports and probes", async () => {
    const port = await portOf(cell, "web", "one");
    const before = await whoAnswers(port);
    const own = Number(before.env.PORT_HTTP);
    await cell.kill();
    expect((await whoAnswers(own)).pid).toBe(before.pid);

    await cell.start();
    expect(await portOf(cell, "web", "one")).toBe(port);
    const after = await vi.waitFor(() => whoAnswers(port), soon);
    expect([after.pid, after.env.PORT_HTTP]).toEqual([before.pid, before.env.PORT_HTTP]);

    await ask(own, "/unready");
    await expectContainer(cell, "one", { ready: false, restartCount: 0 });
    process.kill(before.pid, "SIGKILL");
    await expectContainer(cell, "one", { ready: true, restartCount: 1 });
    expect((await whoAnswers(port)).pid).not.toBe(before.pid);
  });

  it("ends what it adopted when its pod goes", async () => {
    const { pid } = await whoAnswers(await portOf(cell, "web", "one"));
    await cell.kill();
    await cell.start();
    await cell.cluster.remove({ apiVersion: "v1", kind: "Namespace", name: "one" });
    await expectEnded(pid);
  });

  it("restarts what ended while it was away", async () => {
    const port = await portOf(cell, "web", "one");
    const { pid } = await whoAnswers(port);
    await cell.kill();
    process.kill(pid, "SIGKILL");
    await cell.start();
    await readyPod(cell, "one");
    expect((await vi.waitFor(() => whoAnswers(port), soon)).pid).not.toBe(pid);
  });
});

describe("when the supervisor dies", () => {
  it("ends every workload and itself within 5 s", async () => {
    const { pid } = await whoAnswers(await portOf(cell, "web", "one"));
    const begin = Date.now();
    await cell.endLifeline();
    await expectEnded(pid);
    expect(Date.now() - begin).toBeLessThan(5_000);
  });

  it("ends the workloads also when the cluster was killed before, even one that does not want to", async () => {
    const env = [{ name: "STUBBORN", value: "1" }];
    await cell.cluster.apply(aDeployment("one", aContainer({ env })));
    await vi.waitFor(
      async () => expect((await whoAnswers(await portOf(cell, "web", "one"))).env.STUBBORN).toBe("1"),
      soon,
    );
    await readyPod(cell, "one");
    const { pid } = await whoAnswers(await portOf(cell, "web", "one"));
    const begin = Date.now();
    await cell.kill();
    cell.breakLifeline();
    await expectEnded(pid);
    expect(Date.now() - begin).toBeLessThan(5_000);
  });

  it("finds everything as it was at the next start: objects, ports, claims", async () => {
    for (const sort of ["http", "tcp"] as const) await cell.cluster.apply(aRoute(network, "one", sort));
    const addresses = await cell.cluster.addressesOf(network);
    const port = await portOf(cell, "web", "one");
    const before = await whoAnswers(port);
    await cell.endLifeline();
    await cell.start();
    expect(await cell.cluster.addressesOf(network)).toEqual(addresses);
    await readyPod(cell, "one");
    await vi.waitFor(async () => expect((await whoAnswers(port)).pid).not.toBe(before.pid), soon);
    expect((await whoAnswers(addresses.api.dial.port)).env.HOSTNAME).toBe(before.env.HOSTNAME);
  });

  it("kills what is left over before it starts anew", async () => {
    const port = await portOf(cell, "web", "one");
    const { pid } = await whoAnswers(port);
    await cell.kill();
    // The watcher of the lifeline is killed too, as by somebody who kills everything that is not the program itself.
    const group = spawnSync("ps", ["-o", "pid=", "-g", String(pid)], { encoding: "utf8" })
      .stdout.trim()
      .split(/\s+/);
    for (const other of group.map(Number)) if (other !== pid) process.kill(other, "SIGKILL");
    cell.breakLifeline();
    expect(isAlive(pid)).toBe(true);
    await cell.start();
    await expectEnded(pid);
    await readyPod(cell, "one");
    expect((await vi.waitFor(() => whoAnswers(port), soon)).pid).not.toBe(pid);
  });
});

describe("routes", () => {
  it("are reached where the host's addresses said before they existed, and refuse fast without a ready pod", async () => {
    const addresses = await cell.cluster.addressesOf(network);
    expect(addresses).toMatchObject({
      host: network,
      api: { url: `http://127.0.0.1:${addresses.api.dial.port}` },
      nats: { url: `tls://127.0.0.1:${addresses.nats.dial.port}` },
    });
    const begin = Date.now();
    await expect(whoAnswers(addresses.api.dial.port)).rejects.toThrow();
    expect(Date.now() - begin).toBeLessThan(1_000);

    for (const sort of ["http", "tcp"] as const) await cell.cluster.apply(aRoute(network, "one", sort));
    expect((await whoAnswers(addresses.api.dial.port)).pid).toBe((await whoAnswers(addresses.nats.dial.port)).pid);
    expect(await cell.cluster.addressesOf(network)).toEqual(addresses);

    const other = await cell.cluster.addressesOf("net-02.cell.test");
    expect(new Set([...Object.values(ports(addresses)), ...Object.values(ports(other))]).size).toBe(4);
  });

  it("keep their ports when a route is deleted and comes back, and give them up with the namespace", async () => {
    const addresses = await cell.cluster.addressesOf(network);
    const route = aRoute(network, "one", "http");
    await cell.cluster.apply(route);
    await cell.cluster.remove({ apiVersion: route.apiVersion, kind: route.kind, name: "route", namespace: "one" });
    await expect(whoAnswers(addresses.api.dial.port)).rejects.toThrow();
    await cell.cluster.apply(route);
    expect((await whoAnswers(addresses.api.dial.port)).pid).toBeGreaterThan(0);
    expect(await cell.cluster.addressesOf(network)).toEqual(addresses);

    await cell.cluster.remove({ apiVersion: "v1", kind: "Namespace", name: "one" });
    await vi.waitFor(async () => expect(await podsOf(cell, "one")).toEqual([]), soon);
    await vi.waitFor(() => canListen(addresses.api.dial.port), soon);
  });

  it("say so when another program took a port meanwhile, and come back when it is free", async () => {
    const addresses = await cell.cluster.addressesOf(network);
    await cell.kill();
    const thief = createServer().listen(addresses.api.dial.port, "127.0.0.1");
    await once(thief, "listening");
    await cell.start();
    await expect(cell.cluster.addressesOf(network)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(String(addresses.api.dial.port)),
    });
    expect(cell.log()).toContain("held by another program");
    thief.close();
    await vi.waitFor(async () => expect(await cell.cluster.addressesOf(network)).toEqual(addresses), soon);
  });
});

describe("a start that cannot be", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cellplane-cluster-"));
    writeFileSync(join(folder, "programs.json"), "{}");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function failed(data: string, port = "0"): Promise<string> {
    const files = ["--token-file", join(folder, "token"), "--programs", join(folder, "programs.json")];
    const stdio: StdioOptions = ["pipe", "ignore", "pipe"];
    const child = spawn(process.execPath, [clusterProgram(), "--data", data, "--port", port, ...files], { stdio });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(1);
    expect(said.trim().split("\n")).toHaveLength(1);
    return said;
  }

  it("says in one line that its folder is not writable", async () => {
    writeFileSync(join(folder, "file"), "");
    expect(await failed(join(folder, "file", "data"))).toContain("ENOTDIR");
  });

  it("says in one line that its port is taken", async () => {
    const thief = createServer().listen(0, "127.0.0.1");
    await once(thief, "listening");
    const { port } = thief.address() as { port: number };
    expect(await failed(join(folder, "data"), String(port))).toContain("EADDRINUSE");
    thief.close();
  });

  it("says in one line that another cluster has its folder, and leaves that one's workloads alone", async () => {
    const { pid } = await whoAnswers(await portOf(cell, "web", "one"));
    expect(await failed(cell.data)).toContain("Another embedded cluster runs on");
    expect((await whoAnswers(await portOf(cell, "web", "one"))).pid).toBe(pid);
  });

  it("makes a token that only its owner can read, and serves nobody without it", async () => {
    const { cluster } = cell;
    expect(statSync(join(cell.folder, "token")).mode & 0o777).toBe(0o600);
    expect(await cluster.list({ apiVersion: "v1", kind: "Namespace" })).toHaveLength(1);
    const answer = await fetch(`${cell.url}/list`, { method: "POST", body: "{}" });
    expect([answer.status, ((await answer.json()) as { type: string }).type]).toEqual([
      401,
      "urn:cellplane:unauthenticated",
    ]);
  });
});

const ports = (addresses: { api: { dial: { port: number } }; nats: { dial: { port: number } } }) => ({
  api: addresses.api.dial.port,
  nats: addresses.nats.dial.port,
});

async function canListen(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
}
