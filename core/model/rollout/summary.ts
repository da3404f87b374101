import type { Rollout } from "./rollout.ts";
import type { RolloutTarget, TargetState } from "./target.ts";
import type { TargetRow } from "./target-row.ts";

/** What is left to say when it has ended, for people and for machines. */
export interface RolloutSummary {
  readonly state: Rollout["state"];
  readonly targets: number;
  readonly states: Partial<Record<TargetState, number>>;
  /** From activation to the end; null while it goes on. */
  readonly tookMs: number | null;
  /** Of one change, from its start until it was healthy for long enough. */
  readonly updateMs: { readonly p50: number; readonly p95: number } | null;
  /** Of a large rollout that is looked at, this and `updateMs` are of some of its targets; a report has them of all. */
  readonly failures: readonly { readonly code: string; readonly count: number; readonly example: string }[];
}

/** `rows`: all targets, where those that were read are but some of them. */
export function summaryOf(
  rollout: Rollout,
  targets: readonly RolloutTarget[],
  rows: readonly Pick<TargetRow, "state">[] = targets,
): RolloutSummary {
  const states: Partial<Record<TargetState, number>> = {};
  const failures = new Map<string, { code: string; count: number; example: string }>();
  const took: number[] = [];
  for (const { state } of rows) states[state] = (states[state] ?? 0) + 1;
  for (const { state, attempt, network } of targets) {
    if (attempt?.failure) {
      const { code, message } = attempt.failure;
      const same = failures.get(code) ?? { code, count: 0, example: `${network}: ${message}` };
      failures.set(code, { ...same, count: same.count + 1 });
    } else if (attempt?.endedAt && state === "done")
      took.push(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt));
  }
  took.sort((a, b) => a - b);
  const share = (part: number): number => took[Math.min(took.length - 1, Math.ceil(part * took.length) - 1)] ?? 0;
  const { activatedAt, endedAt, state } = rollout;
  return {
    state,
    targets: rows.length,
    states,
    tookMs: activatedAt && endedAt ? Date.parse(endedAt) - Date.parse(activatedAt) : null,
    updateMs: took.length === 0 ? null : { p50: share(0.5), p95: share(0.95) },
    failures: [...failures.values()].sort((a, b) => b.count - a.count),
  };
}
