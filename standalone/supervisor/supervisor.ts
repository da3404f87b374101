import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, apiClient, Unreachable } from "#adapters/http.ts";
import { errorKinds, Refusal } from "#core/errors.ts";
import { whereStepFunctionsIs } from "../step-functions/where.ts";
import { readIfThere } from "../write-file.ts";
import { type EmbeddedCell, startCell } from "./cell.ts";
import { type Child, keepRunning } from "./child.ts";
import { endpointsFile, writeEndpoints } from "./endpoints.ts";
import { openLifeline } from "./lifeline.ts";
import { openLogFile } from "./log-file.ts";
import { cellsOf, joinTokenFile, registerCell } from "./register-cell.ts";

export interface SupervisorOptions {
  /** An open data folder, absolute. */
  readonly data: string;
  readonly port: number;
  readonly sfnPort: number;
  readonly cells: number;
  readonly commands: {
    readonly controlPlane: readonly string[];
    readonly cluster: readonly string[];
    readonly agent: readonly string[];
  };
  readonly programsFile: string;
  /** The command with which the control plane has releases built. */
  readonly releaseBuilder: readonly string[];
  /** What every process gets. */
  readonly environment: Readonly<Record<string, string>>;
  /** A line for people. */
  readonly say: (line: string) => void;
}

export interface Supervisor {
  readonly url: string;
  /** Usable: the API answers and every cell has joined since this start. Rejected when a process cannot be started. */
  readonly ready: Promise<void>;
  /** Ends everything, in order and within 5 s. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

/** What the API and agents get to finish, and then the clusters with their workloads; what is left is killed. */
const FIRST_GRACE_MS = 1_000;
const LAST_GRACE_MS = 3_300;
const LOOK_AGAIN_MS = 50;
/** A control plane that answers but refuses for this long will not change its mind. */
const REFUSED_FOR_MS = 5_000;

/** Starts the control plane and the cells, each a process of its own, and keeps them running. */
export async function supervise(options: SupervisorOptions): Promise<Supervisor> {
  const { data, port, sfnPort, commands, environment, say } = options;
  const url = `http://127.0.0.1:${port}`;
  const startedAt = Date.now();
  const lifeline = openLifeline(data);
  const cells: EmbeddedCell[] = [];
  const ending = new AbortController();

  const publish = () => {
    if (ending.signal.aborted) return;
    writeEndpoints(data, {
      supervisor: { pid: process.pid },
      controlPlane: { url, pid: controlPlane?.pid },
      stepFunctions: whereStepFunctionsIs(sfnPort),
      cells: cells.flatMap(({ id, name, url: at, agent, cluster }) =>
        id === undefined ? [] : [{ id, name, url: at, pid: agent?.pid, cluster: { pid: cluster.pid } }],
      ),
    });
  };
  /** The new pid is known once the caller has got hold of the child. */
  const onStart = () => queueMicrotask(() => guard(publish, say));
  const onEnd = (name: string, how: string) => say(`${name} ended (${how}); starting it again`);

  let controlPlane: Child | undefined;
  controlPlane = keepRunning({
    name: "control plane",
    command: commands.controlPlane,
    environment: {
      ...environment,
      CELLPLANE_DATA: data,
      PORT: String(port),
      CELLPLANE_SFN_PORT: String(sfnPort),
      LISTEN_HOST: "127.0.0.1",
      CELLPLANE_RELEASE_BUILDER: JSON.stringify(options.releaseBuilder),
    },
    stdin: "pipe",
    log: openLogFile(join(data, "logs", "control-plane.log")),
    isUp: (line) => line.includes('"listening"'),
    onStart,
    onEnd: (how) => onEnd("control plane", how),
  });

  const children = () => [
    ...(controlPlane ? [controlPlane] : []),
    ...cells.flatMap(({ agent, cluster }) => [...(agent ? [agent] : []), cluster]),
  ];

  const start = async (api: () => ApiClient): Promise<void> => {
    for (let number = 1; number <= options.cells; number += 1) {
      const cell = await startCell({
        ...options,
        name: `cell-${number}`,
        controlPlane: url,
        lifeline,
        onStart,
        onEnd,
      });
      cells.push(cell);
      // Known from an earlier start: it finds the control plane by itself, as soon as that is there.
      if (cell.id !== undefined) cell.startAgent();
    }
    publish();
    await controlPlane.up;
    await Promise.all(
      cells.map(async (cell) => {
        const id = await insist(() => registerCell(api(), cell), ending.signal);
        cell.remember(id);
        cell.startAgent();
      }),
    );
    publish();
    await Promise.race([
      allJoined(api(), cells, startedAt, ending.signal),
      ...children().map(({ up }) => up.then(() => new Promise<never>(() => {}))),
    ]);
    for (const { folder } of cells) rmSync(joinTokenFile(folder), { force: true });
  };

  let client: ApiClient | undefined;
  const ready = start(() => {
    client ??= apiClient({ url, bearer: readIfThere(join(data, "admin-key"))?.trim() ?? "", timeoutMs: 5_000 });
    return client;
  }).finally(() => client?.close());
  ready.catch(() => {});

  const close = () => {
    ending.abort();
    lifeline.close();
    rmSync(endpointsFile(data), { force: true });
  };
  return {
    url,
    ready,
    async stop() {
      ending.abort();
      const clusters = cells.map(({ cluster }) => cluster);
      const rest = children().filter((child) => !clusters.includes(child));
      await within(FIRST_GRACE_MS, rest);
      await within(LAST_GRACE_MS, clusters);
      for (const child of children()) child.kill();
      close();
    },
    kill() {
      for (const child of children()) child.kill();
      close();
    },
  };
}

/** Ready means usable: each cell joined or reported after this start, so that no report of an earlier run passes for it. */
async function allJoined(
  api: ApiClient,
  cells: readonly EmbeddedCell[],
  startedAt: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const known = await insist(() => cellsOf(api), signal);
    const joined = cells.every(({ id }) =>
      known.some((cell) => cell.id === id && cell.report?.fresh && Date.parse(cell.report.at) >= startedAt),
    );
    if (joined) return;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** Tries until there is an answer: the control plane may be starting anew, and what is asked may be asked twice. */
async function insist<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const giveUpAt = performance.now() + REFUSED_FOR_MS;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const mayPass = error instanceof Refusal && errorKinds[error.kind].retry && performance.now() < giveUpAt;
      if (!(error instanceof Unreachable || mayPass) || signal.aborted) throw error;
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  }
}

const within = (milliseconds: number, children: readonly Child[]): Promise<unknown> =>
  Promise.race([Promise.all(children.map((child) => child.stop())), sleep(milliseconds)]);

function guard(act: () => void, say: (line: string) => void): void {
  try {
    act();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
