import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { undescribed } from "../described.ts";

const root = resolve(import.meta.dirname, "../..");

export interface Endpoints {
  readonly supervisor: { readonly pid: number };
  readonly controlPlane: { readonly url: string; readonly pid: number };
  readonly stepFunctions: {
    readonly url: string;
    readonly region: string;
    readonly stateMachines: Readonly<Record<string, string>>;
  };
  readonly cells: readonly {
    readonly id: string;
    readonly name: string;
    readonly url: string;
    readonly pid: number;
    readonly cluster: { readonly pid: number };
  }[];
}

/** `npm start` in a folder of its own, seen through its public doors only. */
export interface Standalone {
  readonly data: string;
  readonly url: string;
  readonly key: string;
  readonly ended: Promise<number | null>;
  readonly endpoints: () => Endpoints;
  /** A call of the hosted API with the admin key. */
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** Ctrl-C; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  readonly kill: () => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** An answer's body, whatever the API says: these tests look into it member by member. */
export type Json = ReturnType<typeof JSON.parse>;

export const aFolder = (): string => mkdtempSync(join(tmpdir(), "cellplane-e2e-"));

/** Starts it, and waits for the ready line. */
export async function startStandalone(data: string, ...args: string[]): Promise<Standalone> {
  const child = spawn("node", [join(root, "standalone/main.ts"), "--port", "0", "--data", data, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LOG_LEVEL: "debug" },
  });
  const ended = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  const url = await readyLine(child);
  return {
    data,
    url,
    key: readFileSync(join(data, "admin-key"), "utf8").trim(),
    ended,
    endpoints: () => JSON.parse(readFileSync(join(data, "endpoints.json"), "utf8")),
    async call(method, path, body, headers = {}) {
      const authorization = `Bearer ${readFileSync(join(data, "admin-key"), "utf8").trim()}`;
      const answer = await call(`${url}${path}`, { method, body, headers: { authorization, ...headers } });
      const { status, text } = answer;
      // What the API says of itself must hold in the real thing as well.
      expect(undescribed(method, path, { status, contentType: answer.headers.get("content-type"), text })).toEqual([]);
      return answer;
    },
    stop() {
      child.kill("SIGINT");
      return ended;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

function readyLine(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((ready, fail) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      const url = /^cellplane ready at (\S+)$/m.exec(said)?.[1];
      if (url) ready(url);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => fail(new Error(`npm start ended with ${code}:\n${said}`)));
  });
}

export async function call(
  url: string,
  { method = "GET", body, headers = {} }: { method?: string; body?: unknown; headers?: Record<string, string> },
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text ? JSON.parse(text) : {} };
}

/** A ready network, and a caller of its orchestrator with a token for it. */
export interface ReadyNetwork {
  readonly id: string;
  readonly api: string;
  readonly nats: string;
  readonly cell: string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<Answer>;
}

/** Creates a network and waits until a node could connect. */
export async function aNetwork(plane: Standalone, name: string): Promise<ReadyNetwork> {
  const { json } = await plane.call("POST", "/v1/orgs/default/networks?wait=20", { name });
  expect(json.operation).toMatchObject({ state: "succeeded" });
  return networkOf(plane, json.network.id);
}

/** What is known of a network that is ready. The token is fetched anew for each call: it may outlive nothing. */
export async function networkOf(plane: Pick<Standalone, "call">, id: string): Promise<ReadyNetwork> {
  const { json } = await plane.call("GET", `/v1/networks/${id}`);
  const api: string = json.endpoints.api;
  return {
    id,
    api,
    nats: json.endpoints.nats,
    cell: json.placement.cell,
    async call(method, path, body) {
      const { json: made } = await plane.call("POST", `/v1/networks/${id}/token`);
      return call(`${api}${path}`, { method, body, headers: { authorization: `Bearer ${made.token}` } });
    },
  };
}

/** An edge node as a process of its own. */
export interface EdgeProcess {
  readonly data: string;
  readonly pid: number;
  readonly ended: Promise<number | null>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

const bin = (name: string) => join(root, "bin", `${name}.js`);

/** Runs a command line to its end. */
export function runBin(
  name: "cellplane" | "cellplane-edge",
  args: readonly string[],
  environment: Record<string, string> = {},
) {
  const { status, stdout, stderr } = spawnSync("node", [bin(name), ...args], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}

export const bootstrapNode = (data: string, token: string, ...args: string[]) =>
  runBin("cellplane-edge", ["bootstrap", "--token", token, "--data", data, ...args]);

export function startNode(data: string): EdgeProcess {
  const child = spawn("node", [bin("cellplane-edge"), "run", "--data", data], { stdio: "ignore" });
  const ended = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  return { data, pid: child.pid ?? 0, ended, kill: (signal) => void child.kill(signal) };
}

/** Whether a process is there; a zombie is not. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.trim().startsWith("Z");
}

/** Every process whose command line or environment names this folder. */
export const processesOf = (data: string): string[] =>
  spawnSync("ps", ["axeww", "-o", "pid=,command="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
    .stdout.split("\n")
    .filter((line) => line.includes(data) && !line.includes("ps axeww"));

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });

/**
 * Pids of what runs `program` for this folder or network. By its own words alone: an environment may name a program in its PATH.
 * The shells that guard workloads are left out.
 */
export function pidsOf(about: string, program: string): number[] {
  const pidIn = (line: string) => Number.parseInt(line, 10);
  const { stdout } = spawnSync("ps", ["axww", "-o", "pid=,args="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const running = stdout.split("\n").filter((line) => line.includes(program) && !line.includes("sh -c"));
  const ours = new Set(processesOf(about).map(pidIn));
  return running.map(pidIn).filter((pid) => ours.has(pid));
}
