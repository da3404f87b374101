import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "#adapters/world.ts";
import type { DesiredDocument, DesiredPipeline } from "#core/messages.ts";
import { bootstrap } from "../../edge/bootstrap.ts";
import { openDataFolder } from "../../edge/data-folder.ts";
import { resourceMeter } from "../../edge/facts.ts";
import { jsonLog } from "../../edge/log.ts";
import { openNodeKey } from "../../edge/node-key.ts";
import { nodeRuntime } from "../../edge/node-runtime.ts";
import { pipelineBodies } from "../../edge/pipeline-bodies.ts";
import { pipelineSet, type StartPipeline } from "../../edge/pipeline-set.ts";
import { recentProblems } from "../../edge/recent-problems.ts";
import { runNode } from "../../edge/run-node.ts";
import { readStatus } from "../../edge/status-file.ts";
import { type Alter, type Peer, startPeer } from "./peer.ts";

let peer: Peer;
let folder: string;
const running: { stop(): Promise<unknown> }[] = [];

beforeAll(async () => {
  peer = await startPeer();
});
afterAll(() => peer.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellplane-edge-"));
  Object.assign(peer.mood, { error: undefined, lifeSeconds: 3600, renewInBand: true });
  for (const kept of Object.values(peer.seen)) if (Array.isArray(kept)) kept.length = 0;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** Pipelines whose document says how they behave; what lives is in `live`. */
function stage() {
  const live = new Map<string, { rev: number; crash(message: string): void }>();
  const bodies = pipelineBodies(openDataFolder(folder).bodies);
  const start: StartPipeline = async ({ name, rev, sha256 }) => {
    const text = bodies.get(sha256);
    if (text === undefined) throw new Error("no body");
    const { refuses } = JSON.parse(text) as { refuses?: string };
    if (refuses) throw new Error(refuses);
    let crash: (message: string) => void = () => undefined;
    const failed = new Promise<Error>((resolve) => {
      crash = (message) => {
        live.delete(name);
        resolve(new Error(message));
      };
    });
    live.set(name, { rev, crash });
    return {
      failed,
      beat: () => ({ i: 3, o: 3, e: 0 }),
      health: () => "ok",
      problems: () => [],
      drain: async () => void live.delete(name),
    };
  };
  return { live, bodies, start };
}

async function aNode() {
  const files = openDataFolder(folder);
  const credentials = await bootstrap(
    { files, settings: { labels: {} }, token: peer.token(), tokenFile: undefined },
    { now: Date.now, sleep: () => Promise.resolve(), progress: () => undefined },
  );
  const { live, bodies, start } = stage();
  const log = jsonLog(() => undefined, Date.now, "error");
  const chance = () => 0.5;
  const pipelines = pipelineSet(start, { clock: systemClock, chance, log });
  const runtime = nodeRuntime({
    ...{ files, bodies, pipelines, clock: systemClock, log, labels: {}, setLabels: () => undefined },
    ...{ problems: recentProblems(Date.now), resources: resourceMeter(folder) },
  });
  const stopping = new AbortController();
  const ended = runNode({
    ...{ files, credentials, key: openNodeKey(files.key), runtime, labels: {}, stop: stopping.signal },
    ...{ capabilities: { inputs: [], processors: [], outputs: [] }, world: { clock: systemClock, chance, log } },
  });
  ended.catch(() => undefined);
  const node = {
    ...{ id: credentials.identity.node, live, ended, files },
    stop: async () => {
      stopping.abort();
      await ended.catch(() => undefined);
    },
  };
  running.push(node);
  await vi.waitFor(() => expect(peer.seen.hellos.length).toBeGreaterThan(0), 60_000);
  return node;
}

const revisions = (live: ReadonlyMap<string, { rev: number }>) =>
  Object.fromEntries([...live].map(([name, { rev }]) => [name, rev]));
const eventually = (assertion: () => void, timeout = 8_000) => vi.waitFor(assertion, { timeout, interval: 20 });
const problemCodes = () => peer.seen.beats.flatMap(({ x = [] }) => x.map(({ c }) => c));

describe("a node that runs", () => {
  it("says hello, beats, and applies what is wanted", async () => {
    const node = await aNode();
    const logs = await peer.body("logs", 1, { v: 1 });
    const { hash } = await peer.desire(node.id, 1, [logs]);
    await eventually(() => expect(revisions(node.live)).toEqual({ logs: 1 }));
    await eventually(() =>
      expect(peer.seen.reported.at(-1)).toMatchObject({
        gen: 1,
        applied: { gen: 1, hash },
        attempt: { gen: 1, hash, result: "applied" },
        pipelines: [{ name: "logs", rev: 1, health: "ok" }],
      }),
    );
    await eventually(() => expect(peer.seen.beats.at(-1)).toMatchObject({ g: 1, h: hash.slice(0, 8) }));
    const full = peer.seen.beats.findLast(({ f }) => f === 1);
    expect(full).toMatchObject({ p: [{ n: "logs", r: 1, s: "ok", i: 3, o: 3, e: 0 }], r: expect.any(Array) });
    expect(readStatus(node.files.status)).toMatchObject({ node: node.id, link: "connected", applied: { gen: 1 } });
    expect(readFileSync(node.files.status, "utf8")).not.toMatch(/eyJ|SU[A-Z2-7]{20}/);
  });

  it("swaps, stops and pauses as documents say", async () => {
    const node = await aNode();
    const [one, two, other] = [
      await peer.body("logs", 1, { v: 1 }),
      await peer.body("logs", 2, { v: 1, two: true }),
      await peer.body("other", 1, { v: 1 }),
    ];
    await peer.desire(node.id, 1, [one, other]);
    await eventually(() => expect(revisions(node.live)).toEqual({ logs: 1, other: 1 }));
    await peer.desire(node.id, 2, [two, { ...other, state: "pause" }]);
    await eventually(() => expect(revisions(node.live)).toEqual({ logs: 2 }));
    await peer.desire(node.id, 3, []);
    await eventually(() => expect(revisions(node.live)).toEqual({}));
  });

  it("leaves the others running when one revision cannot start, and goes back to the one before", async () => {
    const node = await aNode();
    const good = await peer.body("logs", 1, { v: 1 });
    const bad = await peer.body("logs", 2, { v: 1, refuses: "the file is not allowed" });
    const other = await peer.body("other", 1, { v: 1 });
    const first = await peer.desire(node.id, 1, [good]);
    await eventually(() => expect(peer.seen.reported.at(-1)?.applied?.gen).toBe(1));
    await peer.desire(node.id, 2, [bad, other]);
    await eventually(() => expect(revisions(node.live)).toEqual({ logs: 1, other: 1 }));
    await eventually(() =>
      expect(peer.seen.reported.at(-1)).toMatchObject({
        gen: 2,
        applied: { gen: 1, hash: first.hash },
        attempt: { gen: 2, result: "failed", pipeline: "logs", msg: "logs: the file is not allowed" },
      }),
    );
  });

  it("starts pipelines anew that read the node's labels when these change, and no others", async () => {
    const node = await aNode();
    const wanted = [
      await peer.body("reads", 1, { v: 1, map: "node.labels.env" }),
      await peer.body("plain", 1, { v: 1 }),
    ];
    await peer.desire(node.id, 1, wanted);
    await eventually(() => expect(revisions(node.live)).toEqual({ reads: 1, plain: 1 }));
    const [reads, plain] = [node.live.get("reads"), node.live.get("plain")];
    await peer.desire(node.id, 2, wanted, undefined, { env: "prod" });
    await eventually(() => expect(peer.seen.reported.at(-1)?.applied?.gen).toBe(2));
    expect(node.live.get("reads")).not.toBe(reads);
    expect(node.live.get("plain")).toBe(plain);
    expect(readStatus(node.files.status)?.labels).toEqual({ env: "prod" });
  });

  it("brings a pipeline back that ended by itself", async () => {
    const node = await aNode();
    await peer.desire(node.id, 1, [await peer.body("logs", 1, { v: 1 })]);
    await eventually(() => expect(node.live.has("logs")).toBe(true));
    node.live.get("logs")?.crash("the disk is gone");
    await eventually(() => expect(problemCodes()).toContain("pipeline-failed"));
    await eventually(() => expect(revisions(node.live)).toEqual({ logs: 1 }));
  });

  it.each<[string, string, Alter]>([
    ["another node", "desired-other-node", (document) => ({ ...document, node: "nod_other" })],
    [
      "a foreign signature",
      "desired-bad-signature",
      (document) => ({ ...document, sig: document.sig.replace(/^.{4}/, "AAAA") }),
    ],
    ["content that was not signed", "desired-bad-signature", (document) => ({ ...document, pipelines: [] })],
    ["an unknown key", "desired-unknown-key", (document) => ({ ...document, kid: "k9" })],
    ["another version", "desired-version", (document) => ({ ...document, v: 2 })],
    ["a name that leaves its folder", "desired-malformed", (document) => rename(document, "../../etc")],
    ["nothing in it", "desired-malformed", () => ({})],
  ])("ignores a document with %s, and says so", async (_, code, alter) => {
    const node = await aNode();
    const logs = await peer.body("logs", 1, { v: 1 });
    await peer.desire(node.id, 1, [logs]);
    await eventually(() => expect(revisions(node.live)).toEqual({ logs: 1 }));
    await peer.desire(node.id, 2, [await peer.body("intruder", 1, { v: 1 })], alter);
    await eventually(() => expect(problemCodes()).toContain(code));
    expect(revisions(node.live)).toEqual({ logs: 1 });
  });

  it("takes no step back, and none twice", async () => {
    const node = await aNode();
    const logs = await peer.body("logs", 1, { v: 1 });
    await peer.desire(node.id, 5, [logs]);
    await eventually(() => expect(revisions(node.live)).toEqual({ logs: 1 }));
    await peer.desire(node.id, 4, []);
    await eventually(() => expect(problemCodes()).toContain("desired-older-generation"));
    await peer.desire(node.id, 5, []);
    await eventually(() => expect(problemCodes()).toContain("desired-same-generation-other-content"));
    expect(revisions(node.live)).toEqual({ logs: 1 });
  });

  it("runs the last good set after a restart, before anybody answers", async () => {
    const node = await aNode();
    await peer.desire(node.id, 1, [await peer.body("logs", 1, { v: 1 })]);
    await eventually(() => expect(peer.seen.reported.at(-1)?.applied?.gen).toBe(1));
    await node.stop();
    await eventually(() => expect(peer.seen.byes.filter((bye) => bye.node === node.id)).toHaveLength(1));
    expect(node.live.size).toBe(0);
    const files = openDataFolder(folder);
    const { live, bodies, start } = stage();
    const log = jsonLog(() => undefined, Date.now, "error");
    const pipelines = pipelineSet(start, { clock: systemClock, chance: () => 0.5, log });
    nodeRuntime({
      ...{ files, bodies, pipelines, clock: systemClock, log, labels: {}, setLabels: () => undefined },
      ...{ problems: recentProblems(Date.now), resources: resourceMeter(folder) },
    }).boot();
    await eventually(() => expect(revisions(live)).toEqual({ logs: 1 }));
    await pipelines.stop();
  });

  it("comes back by itself when the broker does, and its pipelines never noticed", async () => {
    const node = await aNode();
    await peer.desire(node.id, 1, [await peer.body("logs", 1, { v: 1 })]);
    await eventually(() => expect(node.live.has("logs")).toBe(true));
    const before = node.live.get("logs");
    await peer.broker.kill();
    await eventually(() => expect(readStatus(node.files.status)?.link).toBe("connecting"));
    const hellos = peer.seen.hellos.length;
    await peer.broker.start();
    await eventually(() => expect(peer.seen.hellos.length).toBeGreaterThan(hellos));
    expect(node.live.get("logs")).toBe(before);
  });

  it("comes back in the window of a notice, however wide the one of its welcome was", async () => {
    const { reconnect } = peer.mood;
    peer.mood.reconnect = { baseMs: 50, windowMs: 120_000 };
    try {
      const node = await aNode();
      await peer.desire(node.id, 1, [await peer.body("logs", 1, { v: 1 })]);
      await eventually(() => expect(node.live.has("logs")).toBe(true));
      const before = node.live.get("logs");
      peer.connection().publish("cp1.b.all", JSON.stringify({ kind: "draining", windowMs: 50 }));
      await peer.connection().flush();
      await peer.broker.kill();
      await eventually(() => expect(readStatus(node.files.status)?.link).toBe("connecting"));
      const hellos = peer.seen.hellos.length;
      await peer.broker.start();
      await eventually(() => expect(peer.seen.hellos.length).toBeGreaterThan(hellos));
      expect(node.live.get("logs")).toBe(before);
    } finally {
      peer.mood.reconnect = reconnect;
    }
  });

  it("renews before its credential ends", async () => {
    peer.mood.lifeSeconds = 5;
    await aNode();
    await eventually(() => expect(peer.seen.renewals).toContain("nats"));
    await eventually(() => expect(peer.seen.hellos.length).toBeGreaterThan(1));
    expect(new Set(peer.seen.hellos.map(({ boot }) => boot)).size).toBe(1);
  });

  it("renews over https when its credential ended", async () => {
    Object.assign(peer.mood, { lifeSeconds: 2, renewInBand: false });
    await aNode();
    const hellos = peer.seen.hellos.length;
    await eventually(() => expect(peer.seen.renewals).toContain("https"));
    await eventually(() => expect(peer.seen.hellos.length).toBeGreaterThan(hellos));
  });

  it("stops its pipelines and says why when it is revoked", async () => {
    Object.assign(peer.mood, { lifeSeconds: 2, renewInBand: false });
    const node = await aNode();
    await peer.desire(node.id, 1, [await peer.body("logs", 1, { v: 1 })]);
    await eventually(() => expect(node.live.has("logs")).toBe(true));
    peer.mood.error = "node_revoked";
    await expect(node.ended).rejects.toMatchObject({ kind: "refused", message: expect.stringContaining("stopped") });
    expect(node.live.size).toBe(0);
    expect(readStatus(node.files.status)?.link).toBe("revoked");
  });

  it("obeys commands, and says which it does not know", async () => {
    const node = await aNode();
    await peer.desire(node.id, 1, [await peer.body("logs", 1, { v: 1 })]);
    await eventually(() => expect(node.live.has("logs")).toBe(true));
    const before = node.live.get("logs");
    const command = async (verb: string, input: object = {}) =>
      (
        await peer.connection().request(`cp1.d.${node.id}.cmd.${verb}`, JSON.stringify(input), { timeout: 3_000 })
      ).json();
    expect(await command("restart", { pipeline: "logs" })).toEqual({ ok: true });
    expect(node.live.get("logs")).not.toBe(before);
    expect(await command("restart", { pipeline: "nothing" })).toEqual({ error: "no pipeline nothing runs here" });
    expect(await command("dance")).toEqual({ error: "this edge does not know the command dance" });
    const reports = peer.seen.reported.length;
    expect(await command("full")).toEqual({ ok: true });
    await eventually(() => expect(peer.seen.reported.length).toBeGreaterThan(reports));
    const hellos = peer.seen.hellos.length;
    expect(await command("reconnect")).toEqual({ ok: true });
    await eventually(() => expect(peer.seen.hellos.length).toBeGreaterThan(hellos));
  });
});

const rename = (document: DesiredDocument, name: string): DesiredDocument => ({
  ...document,
  pipelines: document.pipelines.map((pipeline): DesiredPipeline => ({ ...pipeline, name })),
});
