import type { Explanation } from "#core/model/explain.ts";
import { describeChange } from "#core/model/rollout/change.ts";
import type { RolloutProgress } from "#core/model/rollout/progress.ts";
import { type Rollout, rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import type { RolloutSummary } from "#core/model/rollout/summary.ts";
import { span } from "../age.ts";

/** A rollout as `GET /v1/rollouts/{rol}` answers it. */
export type RolloutDetail = Rollout & { readonly summary: RolloutSummary; readonly progress: RolloutProgress };

/** What is seen when one looks at a rollout. */
export interface Look {
  readonly rollout: RolloutDetail;
  readonly explanation: Explanation;
}

/** `"2 of 4"`. */
export const waveText = ({ wave, waves }: Pick<Rollout, "wave" | "waves">): string => `${wave + 1} of ${waves.length}`;

/** `"9 done, 5 updating, 1 failed"`, in the order in which targets go through their states. */
export function countsText(states: Readonly<Record<string, number>>): string {
  const counts = order.flatMap((state) => (states[state] ? [`${states[state]} ${state}`] : []));
  return counts.join(", ") || "no targets";
}

const order = [
  "done",
  "rolled-back",
  "soaking",
  "updating",
  "failed",
  "timed-out",
  "skipped",
  "deferred",
  "waiting",
  "pending",
];

/** How long it has been going, or went. */
export function tookText({ activatedAt, createdAt, endedAt }: Rollout, now: number): string {
  const until = endedAt === null ? now : Date.parse(endedAt);
  return span(Math.max(0, until - Date.parse(activatedAt ?? createdAt)));
}

/** The change of one line of a log: the same text where nothing has changed. */
export const lineOf = ({ rollout, explanation }: Look): string =>
  `${rollout.state}  wave ${waveText(rollout)}  ${countsText(rollout.summary.states)}  ${explanation.summary}`;

/** What is left to say when it has ended. */
export function endingLines(
  { rollout }: { readonly rollout: Rollout & { readonly summary: RolloutSummary } },
  now: number,
): string[] {
  const { id, state, spec, summary } = rollout;
  const { targets, states, updateMs, failures } = summary;
  const deed = rollout.rollback ?? rollout.stopping;
  return [
    `${id} (${describeChange(spec.change)}) ${rolloutHasEnded(rollout) ? `ended as ${state}` : `is ${state}`} after ${tookText(rollout, now)}: ` +
      `${targets} target${targets === 1 ? "" : "s"}, ${countsText(states)}.`,
    ...(deed ? [`Why: ${deed.reason} (${deed.by})`] : []),
    ...(updateMs ? [`One change took ${took(updateMs.p50)} at the median, ${took(updateMs.p95)} at p95.`] : []),
    ...(failures.length > 0 ? ["Failures:"] : []),
    ...failures.map(({ code, count, example }) => `  ${count} × ${code}, such as ${example}`),
  ];
}

const took = (milliseconds: number): string =>
  milliseconds < 60_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : span(milliseconds);

/** What a person does next. */
export function nextSteps({ id, state, gates }: Rollout): string[] {
  const command = (verb: string, more = "") => `cellplane rollouts ${verb} ${id}${more}`;
  const gate = gates.findIndex((one) => one.state === "asking" || one.state === "refused");
  if (state === "succeeded") return [];
  if (rolloutHasEnded({ state }))
    return [command("targets", " --state failed"), command("retry-failed", ' --reason "…"')];
  if (state === "paused") return [command("resume"), command("abort"), command("roll-back")];
  if (gate >= 0) return [command("approve", ` --gate ${gate + 1} --reason "…"`)];
  return [command("watch")];
}
