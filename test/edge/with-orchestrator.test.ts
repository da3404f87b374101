import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TokenContent } from "#core/messages.ts";
import { flagsOf } from "../../edge/profile.ts";
import { startNetwork, type TestNetwork } from "../orchestrator/a-network.ts";

const ws = "/v1/workspaces/default";
let network: TestNetwork;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cellplane-edge-"));
  const entryPoints = [resolve(import.meta.dirname, "../../edge/main.ts")];
  await build({ entryPoints, outfile: join(folder, "edge.cjs"), bundle: true, platform: "node", format: "cjs" });
  network = await startNetwork();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await network.stop();
  rmSync(folder, { recursive: true, force: true });
});

function edge(...args: string[]): ChildProcess {
  const env = { PATH: process.env.PATH, HOME: folder, CELLPLANE_EDGE_DATA: join(folder, "node") };
  const child = spawn(process.execPath, [...flagsOf("fast"), join(folder, "edge.cjs"), ...args], {
    env,
    stdio: "ignore",
  });
  children.push(child);
  return child;
}

it("takes a machine from a token to delivered lines with the orchestrator itself, and home again", async () => {
  const made = await network.call("POST", `${ws}/tokens`, { body: { name: "tills", labels: { env: "prod" } } });
  const encoded = String(made.body.secret).slice("cpt1_".length);
  const content = JSON.parse(Buffer.from(encoded, "base64url").toString()) as TokenContent;
  const here = Buffer.from(JSON.stringify({ ...content, u: network.url() })).toString("base64url");
  const allow = ["--allow-read", `${folder}/**`, "--allow-write", `${folder}/**`];
  const enrolled = edge("bootstrap", "--token", `cpt1_${here}`, "--label", "floor=4", ...allow);
  expect(await once(enrolled, "exit")).toEqual([0, null]);

  writeFileSync(join(folder, "in.log"), '{"n":1,"keep":true}\n{"n":2,"keep":false}\n{"n":3,"keep":true}\n');
  const pipeline = {
    ...{ v: 1, name: "logs", inputs: [{ id: "in", file: { paths: [join(folder, "in.log")], start: "beginning" } }] },
    processors: [
      { parse: { format: "json" } },
      { filter: "e.keep" },
      { map: { set: { env: "node.labels.env" }, keep: ["n"] } },
    ],
    outputs: [{ id: "out", file: { path: join(folder, "out.jsonl") } }],
  };
  expect((await network.call("PUT", `${ws}/pipelines/logs`, { body: pipeline })).status).toBeLessThan(300);
  const deployment = { pipeline: "logs", selector: { matchLabels: { env: "prod", floor: "4" } } };
  expect((await network.call("POST", `${ws}/deployments`, { body: deployment })).status).toBe(201);

  const node = edge("run");
  const nodes = async () => (await network.call("GET", `${ws}/nodes`)).body.items ?? [];
  const patience = { timeout: 60_000, interval: 50 };
  const out = join(folder, "out.jsonl");
  await expect
    .poll(
      () => (existsSync(out) ? readFileSync(out, "utf8").trim().split("\n") : []).map((line) => JSON.parse(line)),
      patience,
    )
    .toEqual([
      { n: 1, env: "prod" },
      { n: 3, env: "prod" },
    ]);
  await expect.poll(async () => (await nodes())[0]?.state, patience).toBe("online");

  node.kill("SIGTERM");
  expect(await once(node, "exit")).toEqual([0, null]);
  await expect.poll(async () => (await nodes())[0], patience).toMatchObject({ state: "offline" });
});
