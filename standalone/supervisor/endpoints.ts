import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StepFunctionsPlace } from "../step-functions/where.ts";
import { readIfThere, writeAtomically } from "../write-file.ts";

/** `<data>/endpoints.json`: where everything is, for programs and for the command line. */
export interface Endpoints {
  readonly supervisor: { readonly pid: number };
  readonly controlPlane: { readonly url: string; readonly pid: number | undefined };
  readonly stepFunctions: StepFunctionsPlace;
  readonly cells: readonly {
    readonly id: string;
    readonly name: string;
    readonly url: string;
    readonly pid: number | undefined;
    readonly cluster: { readonly pid: number | undefined };
  }[];
}

export const endpointsFile = (data: string): string => join(data, "endpoints.json");

export const writeEndpoints = (data: string, endpoints: Endpoints): void =>
  writeAtomically(endpointsFile(data), `${JSON.stringify(endpoints, undefined, 2)}\n`);

/** How long what a killed supervisor left may take to end by its lifeline; workloads get 2.5 s. */
const LAST_BREATH_MS = 5_000;

/** Waits until the processes of an earlier run that was killed have ended: they hold ports and files for a moment longer. */
export async function awaitEndOfEarlierRun(data: string): Promise<void> {
  const pids = earlierPids(readIfThere(endpointsFile(data)) ?? "{}");
  const deadline = performance.now() + LAST_BREATH_MS;
  while (pids.some(isRunning) && performance.now() < deadline) await sleep(25);
}

function earlierPids(text: string): number[] {
  try {
    const { controlPlane, cells = [] } = JSON.parse(text) as Partial<Endpoints>;
    return [controlPlane?.pid, ...cells.flatMap(({ pid, cluster }) => [pid, cluster?.pid])].filter(
      (pid) => pid !== undefined,
    );
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie holds nothing any more.
  const stat = readProcess(pid);
  return stat === undefined || !/\) Z/.test(stat);
}

function readProcess(pid: number): string | undefined {
  try {
    return readIfThere(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
}
