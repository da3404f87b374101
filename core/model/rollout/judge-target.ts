import { FRESH_FOR_MS } from "../network.ts";
import { millisecondsOf, timestampOf } from "../time.ts";
import type { Sighting } from "./sighting.ts";
import type { RolloutSpec } from "./spec.ts";
import { type Attempt, type RolloutTarget, type TargetState, type Why, withState } from "./target.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

type Rules = Pick<RolloutSpec, "nodes" | "minHealthyFor" | "healthyDeadline" | "progressDeadline" | "change">;

/** What a target in flight has come to. The same record where nothing is new. */
export function judgeInFlight(target: RolloutTarget, seen: Sighting, rules: Rules, now: number): RolloutTarget {
  const leg = target.undo ? "undo" : "attempt";
  const before = target[leg];
  if (!before) return target;

  const attempt = sane(before, now);
  const end = (state: TargetState, why: Why | null, failure: Why | null = null): RolloutTarget => ({
    ...withState(target, state, why, now),
    [leg]: {
      ...attempt,
      endedAt: timestampOf(now),
      failure: failure && { ...failure, at: timestampOf(now), excerpt: [...(seen.report?.excerpt ?? [])].slice(-50) },
    },
  });
  const go = (state: TargetState, why: Why | null, changes: Partial<Attempt>): RolloutTarget => {
    const after = changedAttempt(attempt, changes);
    const moved = withState(target, state, why, now);
    return after === before ? moved : { ...moved, [leg]: after };
  };

  const verdict = verdictOf(attempt, seen, { nodes: rules.nodes, now });
  if (verdict.is === "unreachable") {
    const silentSince = attempt.silentSince ?? timestampOf(now);
    if (now - Date.parse(silentSince) >= millisecondsOf(rules.progressDeadline)) return end("deferred", whyOf(verdict));
    const clockFrom = attempt.silentSince === null ? withoutUnseenSilence(attempt, seen, now) : attempt.clockFrom;
    return go("updating", whyOf(verdict), { silentSince, clockFrom, healthySince: null });
  }

  const silence = attempt.silentSince === null ? 0 : now - Date.parse(attempt.silentSince);
  const clockFrom = silence === 0 ? attempt.clockFrom : timestampOf(Date.parse(attempt.clockFrom) + silence);
  if (verdict.is === "failed") return end("failed", whyOf(verdict), whyOf(verdict));
  if (verdict.is === "healthy") {
    const healthySince = attempt.healthySince ?? timestampOf(now);
    if (now - Date.parse(healthySince) >= millisecondsOf(rules.minHealthyFor))
      return end(leg === "undo" ? "rolled-back" : "done", null);
    return go("soaking", null, { healthySince, silentSince: null, clockFrom });
  }
  if (now - Date.parse(clockFrom) >= millisecondsOf(rules.healthyDeadline)) {
    const why = { code: "timed-out", message: `not healthy within ${rules.healthyDeadline}: ${verdict.message}` };
    return end("timed-out", why, why);
  }
  return go("updating", whyOf(verdict), { healthySince: null, silentSince: null, clockFrom });
}

/** Where nobody looked either, as on a machine that slept, the silence is older than its first sight: no deadline burns by it. */
function withoutUnseenSilence({ clockFrom }: Attempt, { cellState }: Sighting, now: number): string {
  const from = Date.parse(clockFrom);
  const staleAt = Math.max(from, (cellState.reportedAt ?? from) + FRESH_FOR_MS);
  return timestampOf(from + Math.max(0, now - staleAt));
}

const whyOf = ({ code, message }: Exclude<Verdict, { is: "healthy" }>): Why => ({ code, message });

function changedAttempt(attempt: Attempt, changes: Partial<Attempt>): Attempt {
  const differs = (Object.keys(changes) as (keyof Attempt)[]).some((key) => changes[key] !== attempt[key]);
  return differs ? { ...attempt, ...changes } : attempt;
}

/** No moment of an attempt is in the future: where our clock was set back, it counts anew from now. */
function sane(attempt: Attempt, now: number): Attempt {
  const latest = (at: string | null) => (at !== null && Date.parse(at) > now ? timestampOf(now) : at);
  return changedAttempt(attempt, {
    clockFrom: latest(attempt.clockFrom) ?? attempt.clockFrom,
    healthySince: latest(attempt.healthySince),
    unhealthySince: latest(attempt.unhealthySince),
    silentSince: latest(attempt.silentSince),
  });
}

/**
 * A target that is done, until its wave is left behind: one that is ill for `minHealthyFor` has failed after all. That is what a
 * bake is for. Silence says nothing.
 */
export function judgeDone(target: RolloutTarget, seen: Sighting, rules: Rules, now: number): RolloutTarget {
  if (!target.attempt) return target;
  const { report } = seen;
  const isPlainlyWell = report?.phase === "ready" && report.nodesOnline >= target.attempt.nodesBefore;
  if (isPlainlyWell && target.attempt.unhealthySince === null) return target;
  const attempt = sane(target.attempt, now);
  const verdict = verdictOf(attempt, seen, { nodes: rules.nodes, now });
  const ill = verdict.is === "failed" || (verdict.is === "not-yet" && verdict.code === "not-ready");
  const unhealthySince = ill ? (attempt.unhealthySince ?? timestampOf(now)) : null;
  const after = changedAttempt(attempt, { unhealthySince });
  if (ill && now - Date.parse(unhealthySince ?? "") >= millisecondsOf(rules.minHealthyFor)) {
    const why = { code: "degraded", message: `it was healthy and is not any more: ${verdict.message}` };
    const failure = { ...why, at: timestampOf(now), excerpt: [...(seen.report?.excerpt ?? [])].slice(-50) };
    return { ...withState(target, "failed", why, now), attempt: { ...after, failure } };
  }
  return after === target.attempt ? target : { ...target, attempt: after };
}
