import * as z from "zod";
import { NetworkId } from "../ids.ts";
import { Timestamp } from "../time.ts";
import type { Rollout } from "./rollout.ts";
import { type RolloutSummary, summaryOf } from "./summary.ts";
import { type RolloutTarget, TargetFailure, targetStates } from "./target.ts";

/** A report is one answer, however large its fleet: beyond these it counts, and the list of targets tells the rest. */
const MOST_NETWORKS = 1_000;
const MOST_EXAMPLES = 5;

/** What became of one wave. */
const WaveReport = z.strictObject({
  targets: z.int(),
  states: z.partialRecord(z.enum(targetStates), z.int()),
  startedAt: Timestamp.nullable(),
  settledAt: Timestamp.nullable(),
  /** From its first start until nothing of it was in flight, without its bake. */
  tookMs: z.int().nullable(),
});

const Networks = z.array(NetworkId).max(MOST_NETWORKS);

/** Those that failed for the same reason. */
const FailureReport = z.strictObject({
  code: z.string(),
  count: z.int(),
  networks: Networks,
  /** The first few with what their cell last said. */
  examples: z.array(TargetFailure.extend({ network: NetworkId })).max(MOST_EXAMPLES),
});

/** Those that were not changed, and had the same reason. */
const UntouchedReport = z.strictObject({
  state: z.enum(["skipped", "deferred"]),
  code: z.string(),
  count: z.int(),
  networks: Networks,
  example: z.string(),
});

export const ReportedTargets = z.strictObject({
  waves: z.array(WaveReport),
  /** On the way there, also of what was taken back since. The most frequent first. */
  failures: z.array(FailureReport),
  /** On the way back. */
  undoFailures: z.array(FailureReport),
  untouched: z.array(UntouchedReport),
});
export type ReportedTargets = z.infer<typeof ReportedTargets>;

/** What became of a rollout, or of it so far, for machines. */
export interface RolloutReport extends ReportedTargets {
  readonly rollout: Rollout;
  readonly summary: RolloutSummary;
}

export const reportOf = (rollout: Rollout, targets: readonly RolloutTarget[]): RolloutReport => ({
  rollout,
  summary: summaryOf(rollout, targets),
  waves: wavesOf(rollout, targets),
  failures: failuresOf(targets, ({ attempt }) => attempt?.failure),
  undoFailures: failuresOf(targets, ({ undo }) => undo?.failure),
  untouched: untouchedOf(targets),
});

function wavesOf({ waves }: Rollout, targets: readonly RolloutTarget[]): ReportedTargets["waves"] {
  const reports = waves.map(({ startedAt, settledAt }) => ({
    targets: 0,
    states: {} as z.infer<typeof WaveReport>["states"],
    ...{ startedAt, settledAt },
    tookMs: startedAt && settledAt ? Date.parse(settledAt) - Date.parse(startedAt) : null,
  }));
  for (const { wave, state } of targets) {
    const report = reports[wave];
    if (!report) continue;
    report.targets++;
    report.states[state] = (report.states[state] ?? 0) + 1;
  }
  return reports;
}

function failuresOf(
  targets: readonly RolloutTarget[],
  failureOf: (target: RolloutTarget) => TargetFailure | null | undefined,
): ReportedTargets["failures"] {
  const groups = new Map<string, z.infer<typeof FailureReport>>();
  for (const target of targets) {
    const failure = failureOf(target);
    if (!failure) continue;
    const { network } = target;
    const group = groups.get(failure.code) ?? { code: failure.code, count: 0, networks: [], examples: [] };
    groups.set(failure.code, group);
    group.count++;
    if (group.networks.length < MOST_NETWORKS) group.networks.push(network);
    if (group.examples.length < MOST_EXAMPLES) group.examples.push({ network, ...failure });
  }
  return mostFirst(groups);
}

function untouchedOf(targets: readonly RolloutTarget[]): ReportedTargets["untouched"] {
  const groups = new Map<string, z.infer<typeof UntouchedReport>>();
  for (const { state, why, network } of targets) {
    if (state !== "skipped" && state !== "deferred") continue;
    const code = why?.code ?? state;
    const key = `${state} ${code}`;
    const group = groups.get(key) ?? { state, code, count: 0, networks: [], example: why?.message ?? "" };
    groups.set(key, group);
    group.count++;
    if (group.networks.length < MOST_NETWORKS) group.networks.push(network);
  }
  return mostFirst(groups);
}

const mostFirst = <G extends { readonly count: number }>(groups: ReadonlyMap<string, G>): G[] =>
  [...groups.values()].sort((a, b) => b.count - a.count);
