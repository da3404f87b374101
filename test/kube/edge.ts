import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Entrance } from "./an-entrance.ts";
import type { Json } from "./the-cluster.ts";

const bin = resolve(import.meta.dirname, "../../bin/cellplane-edge.js");

/** A network as its owner sees it: where it is, and calls of its orchestrator. */
export interface OwnNetwork {
  readonly id: string;
  readonly name: string;
  readonly api: string;
  readonly nats: string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<{ status: number; json: Json }>;
}

/** An edge node as a process of its own, outside of every cluster, that copies a file by a pipeline. */
export interface Edge {
  readonly folder: string;
  /** Appends lines to its source, and says how many were ever written. */
  readonly write: (lines: number) => number;
  /** The numbers that came out at the other end, in the order they came. */
  readonly arrived: () => number[];
  readonly status: () => Json;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly start: () => void;
}

/** Enrols by a bootstrap token and runs. The pipeline follows from the network: see `deployCopy`. */
export async function anEdge(network: OwnNetwork, entrance: Entrance, folder: string, name = "node"): Promise<Edge> {
  const data = join(folder, name);
  const source = join(folder, `${name}.log`);
  const target = join(folder, `${name}.out.jsonl`);
  const log = join(folder, `${name}.stderr.log`);
  writeFileSync(source, "");
  const environment = { ...process.env, ...entrance.environment };
  const made = await network.call("POST", "/v1/workspaces/default/tokens", { name });
  if (made.status !== 201) throw new Error(`no token: ${JSON.stringify(made.json)}`);
  const policy = ["--allow-read", source, "--allow-write", target];
  const { status, stderr } = spawnSync(
    "node",
    [
      bin,
      "bootstrap",
      "--token",
      made.json.secret,
      "--data",
      data,
      "--name",
      name,
      "--label",
      `source=${name}`,
      ...policy,
    ],
    { encoding: "utf8", env: environment },
  );
  if (status !== 0) throw new Error(`bootstrap ended with ${status}: ${stderr}`);

  let child: ReturnType<typeof spawn> | undefined;
  let written = 0;
  const start = () => {
    child = spawn("node", [bin, "run", "--data", data], {
      stdio: ["ignore", "ignore", openSync(log, "a")],
      env: environment,
    });
  };
  start();
  return {
    folder: data,
    write(lines) {
      const numbers = Array.from({ length: lines }, () => written++);
      appendFileSync(source, numbers.map((n) => `{"n":${n}}\n`).join(""));
      return written;
    },
    arrived: () =>
      existsSync(target)
        ? readFileSync(target, "utf8")
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line).n)
        : [],
    status: () => JSON.parse(readFileSync(join(data, "status.json"), "utf8")),
    kill: (signal) => void child?.kill(signal),
    start,
  };
}

/** Publishes a pipeline that copies what a node reads, and deploys it to that node. */
export async function deployCopy(network: OwnNetwork, folder: string, name = "node"): Promise<string> {
  const pipeline = `copy-${name}`;
  const put = await network.call("PUT", `/v1/workspaces/default/pipelines/${pipeline}`, {
    ...{ v: 1, name: pipeline },
    inputs: [{ id: "in", file: { paths: [join(folder, `${name}.log`)], start: "beginning" } }],
    processors: [{ parse: { format: "json" } }],
    outputs: [{ id: "out", file: { path: join(folder, `${name}.out.jsonl`) } }],
  });
  if (put.status !== 201) throw new Error(`the pipeline was refused: ${JSON.stringify(put.json)}`);
  const made = await network.call("POST", "/v1/workspaces/default/deployments", {
    ...{ pipeline: `${pipeline}@1`, selector: `source=${name}` },
  });
  if (made.status !== 201) throw new Error(`the deployment was refused: ${JSON.stringify(made.json)}`);
  return made.json.deployment.id;
}
