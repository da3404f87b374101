import type { Advance } from "#core/model/rollout/advance.ts";
import type { RolloutSummary } from "#core/model/rollout/summary.ts";
import { isInFlight, isOpen } from "#core/model/rollout/target.ts";
import type { Kept } from "./drive.ts";

/** One line of what an operator would have seen. */
export interface Line {
  readonly after: string;
  readonly wave: string;
  readonly state: string;
  readonly done: number;
  readonly flying: number;
  readonly failed: number;
  readonly rest: number;
  readonly what: string;
}

/** `1:02:03` since the start. */
export function clock(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function lineOf(
  { rollout, targets }: Kept,
  { explanation }: Pick<Advance, "explanation">,
  sinceMs: number,
): Line {
  let [done, flying, failed, rest] = [0, 0, 0, 0];
  for (const target of targets.values()) {
    if (isInFlight(target)) flying++;
    else if (isOpen(target)) rest++;
    else if (target.state === "done") done++;
    if (target.attempt?.failure) failed++;
  }
  const wave = `${rollout.wave + 1}/${rollout.waves.length}`;
  const what = explanation.chain[0]?.why ?? explanation.summary;
  return { after: clock(sinceMs), wave, state: rollout.state, done, flying, failed, rest, what };
}

/** Whether the second line tells an operator something that the first did not. `total`: how many targets there are. */
export const isNews = (last: Line | undefined, line: Line, total: number): boolean =>
  last === undefined ||
  last.state !== line.state ||
  last.wave !== line.wave ||
  last.failed !== line.failed ||
  Math.floor((10 * line.done) / total) !== Math.floor((10 * last.done) / total);

const columns = [
  ["after", 8],
  ["wave", 5],
  ["state", 12],
  ["done", 6],
  ["flying", 6],
  ["failed", 6],
  ["rest", 6],
] as const;

export const headOfTable = `${columns.map(([name, width]) => name.padStart(width)).join("  ")}  what`;

export const rowOf = (line: Line): string =>
  `${columns.map(([name, width]) => String(line[name]).padStart(width)).join("  ")}  ${line.what}`;

export function closingLines({ state, states, tookMs, updateMs, failures, targets }: RolloutSummary): string[] {
  const counts = Object.entries(states)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
  return [
    `${state}${tookMs === null ? "" : ` after ${clock(tookMs)}`}: ${counts} of ${targets}`,
    ...(updateMs ? [`one update took ${clock(updateMs.p50)} (p50), ${clock(updateMs.p95)} (p95)`] : []),
    ...failures.map(({ code, count, example }) => `${count} × ${code}, such as ${example}`),
  ];
}
