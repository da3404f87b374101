import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { buildSync } from "esbuild";
import { afterAll } from "vitest";
import { embeddedCluster } from "#adapters/embedded-cluster.ts";
import type { Cluster } from "#core/ports.ts";

let bundle: string | undefined;

/** The cluster as it is deployed, bundled once per test file: it starts in a third of the time that the sources take. */
export function clusterProgram(): string {
  if (bundle !== undefined) return bundle;
  bundle = join(mkdtempSync(join(tmpdir(), "cellplane-cluster-bundle-")), "cluster.cjs");
  const entryPoints = [resolve(import.meta.dirname, "../../../standalone/cluster/main.ts")];
  buildSync({ entryPoints, bundle: true, platform: "node", target: "node24", format: "cjs", outfile: bundle });
  return bundle;
}

afterAll(() => {
  if (bundle !== undefined) rmSync(dirname(bundle), { recursive: true, force: true });
});

/** A supervisor's hold on its clusters: a FIFO whose write end only the test has. */
export function aLifeline(folder: string) {
  const fifo = join(folder, `lifeline-${process.hrtime.bigint()}`);
  execFileSync("mkfifo", [fifo]);
  const write = openSync(fifo, constants.O_RDWR);
  const read = openSync(fifo, constants.O_RDONLY);
  let open = true;
  return {
    read,
    /** What happens when the supervisor dies. */
    end() {
      if (!open) return;
      open = false;
      closeSync(write);
      closeSync(read);
    },
  };
}

export interface Cell {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly url: string;
  readonly data: string;
  /** Kills the cluster process alone. */
  kill(): Promise<void>;
  /** Starts it again, on the same lifeline unless it has ended. */
  start(): Promise<void>;
  /** The supervisor dies; resolves when the cluster has ended. */
  endLifeline(): Promise<void>;
  /** The lifeline breaks after the cluster has been killed. */
  breakLifeline(): void;
  log(): string;
  close(): Promise<void>;
}

/** A running embedded cluster of its own, with programs by image. */
export async function aCell(programs: Record<string, readonly string[]> = {}): Promise<Cell> {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-cluster-"));
  const data = join(folder, "data");
  const tokenFile = join(folder, "token");
  const programsFile = join(folder, "programs.json");
  writeFileSync(programsFile, JSON.stringify(programs));
  let lifeline = aLifeline(folder);
  let ended = false;
  let child: ChildProcess;
  let port = 0;
  let log = "";
  let client: ReturnType<typeof embeddedCluster> | undefined;

  async function start(): Promise<void> {
    if (ended) lifeline = aLifeline(folder);
    ended = false;
    const places = ["--data", data, "--token-file", tokenFile, "--programs", programsFile];
    child = spawn(process.execPath, [clusterProgram(), ...places, "--port", String(port)], {
      stdio: [lifeline.read, "pipe", "pipe"],
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    if (!child.stdout) throw new Error("no output");
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), "line"),
      once(child, "exit").then(() => {
        throw new Error(`the cluster ended: ${log}`);
      }),
    ])) as [string];
    port = (JSON.parse(line) as { port: number }).port;
    client ??= embeddedCluster({ url: `http://127.0.0.1:${port}`, token: readFileSync(tokenFile, "utf8") });
  }

  const exited = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  const breakLifeline = () => {
    lifeline.end();
    ended = true;
  };

  await start();
  if (!client) throw new Error("no client");
  return {
    cluster: client,
    url: `http://127.0.0.1:${port}`,
    folder,
    data,
    start,
    async kill() {
      child.kill("SIGKILL");
      await exited();
    },
    async endLifeline() {
      breakLifeline();
      await exited();
    },
    breakLifeline,
    log: () => log,
    async close() {
      if (!ended) breakLifeline();
      await exited();
      client?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
