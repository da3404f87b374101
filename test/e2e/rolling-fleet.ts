import { execFile } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import {
  aFolder,
  aNetwork,
  call,
  type EdgeProcess,
  type Json,
  processesOf,
  type ReadyNetwork,
  removeFolder,
  type Standalone,
  startNode,
  startStandalone,
} from "./standalone.ts";

const WRITE_EVERY_MS = 20;
/** Beside everything else that goes on here: connections that nobody tends are closed by the other side. */
const run = promisify(execFile);
const edgeProgram = resolve(import.meta.dirname, "../../bin/cellplane-edge.js");

/** A network with one node, whose pipeline carries numbered events from file to file all the time. */
export interface FlowingNetwork {
  readonly network: ReadyNetwork;
  /** What has come out, in order. */
  readonly arrived: () => number[];
  readonly written: () => number;
  /** What the broker knows of the node's connection: which it is, since when. */
  readonly connection: () => Promise<Json[]>;
  readonly running: () => Promise<string>;
}

/** A control plane with two embedded cells and flowing networks in both. */
export interface RollingFleet {
  readonly plane: Standalone;
  readonly networks: readonly FlowingNetwork[];
  readonly publish: (version: string, upgradesFrom: string[]) => Promise<unknown>;
  readonly roll: (spec: object) => Promise<string>;
  readonly rollout: (id: string) => Promise<Json>;
  readonly targets: (id: string) => Promise<Json[]>;
  /** Ends the writing: what was written by then must arrive. */
  readonly hush: () => void;
  readonly close: () => Promise<void>;
}

export async function aRollingFleet(size: number): Promise<RollingFleet> {
  const folder = aFolder();
  const data = join(folder, "data");
  const edges: EdgeProcess[] = [];
  const plane = await startStandalone(data, "--cells", "2");
  const sources: { file: string; written: number }[] = [];
  const networks: FlowingNetwork[] = [];
  const end = async (): Promise<void> => {
    for (const edge of edges) edge.kill("SIGKILL");
    await plane.stop();
    removeFolder(folder);
  };
  try {
    for (let number = 0; number < size; number++) networks.push(await aFlow(number));
  } catch (error) {
    await end();
    throw error;
  }
  const writing = setInterval(() => {
    for (const source of sources) appendFileSync(source.file, `{"n":${source.written++}}\n`);
  }, WRITE_EVERY_MS);

  async function aFlow(number: number): Promise<FlowingNetwork> {
    const network = await aNetwork(plane, `flow-${number}`);
    const [node, file, target] = ["node", "app.log", "out.jsonl"].map((name) => join(folder, `${number}-${name}`)) as [
      string,
      string,
      string,
    ];
    const { json } = await network.call("POST", "/v1/workspaces/default/tokens", { name: "edge" });
    writeFileSync(file, "");
    const allowed = ["--label", "env=prod", "--allow-read", file, "--allow-write", target];
    await run("node", [edgeProgram, "bootstrap", "--token", json.secret, "--data", node, ...allowed]);
    edges.push(startNode(node));
    await network.call("PUT", "/v1/workspaces/default/pipelines/log", {
      v: 1,
      name: "log",
      inputs: [{ id: "app", file: { paths: [file], start: "beginning" } }],
      processors: [{ parse: { format: "json" } }],
      outputs: [{ id: "out", file: { path: target } }],
    });
    await network.call("POST", "/v1/workspaces/default/deployments", { pipeline: "log@1", selector: "env=prod" });
    const source = { file, written: 0 };
    sources.push(source);
    return {
      network,
      written: () => source.written,
      arrived: () =>
        existsSync(target)
          ? readFileSync(target, "utf8")
              .split("\n")
              .slice(0, -1)
              .map((line) => JSON.parse(line).n)
          : [],
      async connection() {
        const [, port] = /\bPORT_MONITOR=(\d+)/.exec(processesOf(network.id.replace("_", "-")).join("\n")) ?? [];
        const { json: known } = await call(`http://127.0.0.1:${port}/connz?auth=1`, {});
        const { json: nodes } = await network.call("GET", "/v1/workspaces/default/nodes");
        const ours = known.connections.filter(({ name }: { name?: string }) => name?.includes(nodes.items[0].id));
        return ours.map(({ cid, start }: Json) => ({ cid, start }));
      },
      running: async () => (await call(`${network.api}/healthz`, {})).json.release,
    };
  }

  return {
    plane,
    networks,
    publish: (version, upgradesFrom) =>
      plane.call("POST", "/v1/releases", { version, upgradesFrom, downgradesTo: upgradesFrom }),
    async roll(spec) {
      const { status, json, text } = await plane.call("POST", "/v1/rollouts", { spec, reason: "test" });
      if (status >= 300) throw new Error(text);
      return json.id;
    },
    rollout: async (id) => (await plane.call("GET", `/v1/rollouts/${id}`)).json,
    targets: async (id) => (await plane.call("GET", `/v1/rollouts/${id}/targets?limit=100`)).json.items,
    hush: () => clearInterval(writing),
    async close() {
      clearInterval(writing);
      await end();
    },
  };
}

/** Waits for a state of the world; says what it was instead. */
export async function until<T>(
  read: () => Promise<T> | T,
  holds: (value: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  for (const end = Date.now() + timeoutMs; ; ) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${JSON.stringify(value).slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
