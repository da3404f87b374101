import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { flagsOf } from "../../edge/profile.ts";
import { type Peer, startPeer } from "./peer.ts";

const source = resolve(import.meta.dirname, "../../edge/main.ts");
/** The bundle, as it is installed: it starts five times as fast, and a test that runs the sources would not see what bundling breaks. */
let program: string;
let peer: Peer;
let folder: string;
let data: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  program = join(mkdtempSync(join(tmpdir(), "cellplane-edge-")), "edge.cjs");
  await build({ entryPoints: [source], outfile: program, bundle: true, platform: "node", format: "cjs", minify: true });
  peer = await startPeer();
});
afterAll(async () => {
  rmSync(dirname(program), { recursive: true, force: true });
  await peer.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellplane-edge-"));
  data = join(folder, "node");
  for (const kept of Object.values(peer.seen)) if (Array.isArray(kept)) kept.length = 0;
});
afterEach(async () => {
  for (const child of children) await end(child, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const words = (args: readonly string[]) => [...flagsOf("fast"), program, ...args];
const environment = (more: NodeJS.ProcessEnv = {}) => ({
  PATH: process.env.PATH,
  HOME: folder,
  CELLPLANE_EDGE_DATA: data,
  ...more,
});

/** Runs a command to its end. */
async function edge(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const done = promisify(execFile)(process.execPath, words(args), { env: environment(more) });
  const { stdout, stderr } = await done.catch((error: { stdout: string; stderr: string }) => error);
  return { code: done.child.exitCode, stdout, stderr };
}

function runs(): ChildProcess & { said: () => string } {
  const child = spawn(process.execPath, words(["run"]), { env: environment(), stdio: ["ignore", "ignore", "pipe"] });
  children.add(child);
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  return Object.assign(child, { said: () => said });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
  children.delete(child);
  return child.exitCode;
}

const eventually = (assertion: () => void) => vi.waitFor(assertion, { timeout: 60_000, interval: 25 });
const lines = (from: number, to: number) =>
  Array.from(
    { length: to - from },
    (_, at) => `${JSON.stringify({ n: from + at, level: at % 2 ? "debug" : "warn" })}\n`,
  ).join("");
const delivered = (path: string) =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { n: number }).n)
    : [];

async function aNode() {
  const { code, stderr } = await edge(["bootstrap", "--allow-read", `${folder}/**`, "--allow-write", `${folder}/**`], {
    CELLPLANE_EDGE_BOOTSTRAP_TOKEN: peer.token(),
  });
  expect([code, stderr]).toEqual([0, ""]);
  return [...peer.seen.nodes.values()].at(-1) ?? "";
}

const followAndFilter = (name: string) => ({
  ...{ v: 1, name, inputs: [{ id: "in", file: { paths: [join(folder, "in.log")], start: "beginning" } }] },
  processors: [{ parse: { format: "json" } }, { filter: 'e.level != "debug"' }],
  outputs: [{ id: "out", file: { path: join(folder, "out.jsonl") } }],
});

describe("cellplane-edge", () => {
  it("bootstraps, runs a file pipeline, survives kill -9, says goodbye at SIGTERM, leaves", async () => {
    const node = await aNode();
    writeFileSync(join(folder, "in.log"), lines(0, 1_000));
    await peer.desire(node, 1, [await peer.body("logs", 1, followAndFilter("logs"))]);

    const first = runs();
    const out = join(folder, "out.jsonl");
    await eventually(() => expect(delivered(out).length).toBe(500));
    await eventually(() => expect(peer.seen.beats.some(({ p }) => p?.[0]?.i === 1_000 && p[0].s === "ok")).toBe(true));
    expect((await edge(["status"])).stdout).toMatch(/connected to .*[\s\S]*logs@1 +ok +1000 +500/);
    expect(await edge(["run"])).toMatchObject({ code: 1, stderr: expect.stringContaining(`process ${first.pid}`) });
    expect(await edge(["leave", "--yes"])).toMatchObject({ code: 1 });

    await end(first, "SIGKILL");
    appendFileSync(join(folder, "in.log"), lines(1_000, 2_000));
    const second = runs();
    await eventually(() => expect(new Set(delivered(out)).size).toBe(1_000));
    expect(delivered(out).length).toBe(1_000);
    await eventually(() => expect(peer.seen.hellos.length).toBe(2));
    expect(new Set(peer.seen.hellos.map(({ boot }) => boot)).size).toBe(2);

    expect(await end(second, "SIGTERM")).toBe(0);
    await eventually(() => expect(peer.seen.byes).toMatchObject([{ node, reason: "stopped" }]));
    for (const said of [first.said(), second.said()]) expect(said).toBe("");
    for (const file of readdirSync(data).filter((name) => statSync(join(data, name)).isFile()))
      expect([file, statSync(join(data, file)).mode & 0o077]).toEqual([file, 0]);

    expect(await edge(["leave"])).toMatchObject({ code: 1, stderr: expect.stringContaining("--yes") });
    expect(await edge(["leave", "--yes"])).toMatchObject({ code: 0 });
    expect(readdirSync(data).sort()).toEqual(["policy.yaml", "state"]);
  });

  it("refuses a pipeline that its owner did not allow, and runs the others", async () => {
    const node = await aNode();
    writeFileSync(join(folder, "in.log"), lines(0, 10));
    const greedy = { ...followAndFilter("greedy"), outputs: [{ id: "out", file: { path: "/etc/cellplane-test" } }] };
    await peer.desire(node, 1, [
      await peer.body("greedy", 1, greedy),
      await peer.body("logs", 1, followAndFilter("logs")),
    ]);
    runs();
    await eventually(() => expect(delivered(join(folder, "out.jsonl")).length).toBe(5));
    await eventually(() =>
      expect(peer.seen.reported.at(-1)).toMatchObject({
        attempt: { result: "failed", pipeline: "greedy" },
        applied: null,
      }),
    );
  });

  it("runs one file with no network", async () => {
    writeFileSync(join(folder, "in.log"), lines(0, 10));
    writeFileSync(join(folder, "p.yaml"), JSON.stringify(followAndFilter("p")));
    expect(await edge(["validate", join(folder, "p.yaml")])).toMatchObject({ code: 0 });
    const allow = ["--allow-read", `${folder}/**`, "--allow-write", `${folder}/**`];
    const child = spawn(process.execPath, words(["run", "--local", join(folder, "p.yaml"), ...allow]), {
      env: environment(),
    });
    children.add(child);
    await eventually(() => expect(delivered(join(folder, "out.jsonl")).length).toBe(5));
    expect(await end(child, "SIGTERM")).toBe(0);
  });

  it.each([
    [["dance"], 2, "no command `dance`"],
    [["bootstrap", "--token", "cpk_1"], 2, "API key"],
    [["run"], 2, "token is needed"],
    [["validate", "/nonexistent"], 1, "is not there"],
    [["run", "--data", `${source}/inside`], 1, "Cannot use the data folder"],
  ])("answers %j with exit code %d and a sentence", async (args, code, says) => {
    expect(await edge(args)).toMatchObject({ code, stderr: expect.stringContaining(says), stdout: "" });
  });
});
