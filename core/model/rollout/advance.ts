import type { NetworkId } from "../ids.ts";
import { millisecondsOf } from "../time.ts";
import { withClockStopped } from "./admit-target.ts";
import { blockers } from "./blocker.ts";
import { isAsAsked, isAsBefore } from "./change.ts";
import { type Explanation, explainRollout } from "./explain.ts";
import { judgeDone, judgeInFlight } from "./judge-target.ts";
import { newPass, type Pass, type Policies, tally, wakeAt } from "./pass.ts";
import { passBack, passStopping } from "./pass-back.ts";
import { passWaves, SLOW_POLL_MS } from "./pass-waves.ts";
import { pausedBy, react } from "./react.ts";
import { type Rollout, type RolloutState, rolloutHasEnded } from "./rollout.ts";
import type { Sighted, Sighting } from "./sighting.ts";
import { breachOf } from "./tally.ts";
import { currentAttempt, isInFlight, type RolloutTarget, withState } from "./target.ts";
import type { TargetRow } from "./target-row.ts";

/** How often targets in flight are looked at: 2,000 loops of an execution then last 2.7 h. */
export const POLL_MS = 5_000;

/** What is to be done now. Every write is conditional on the record it was decided from. */
export interface Advance {
  /** Give these networks the new intent, each with its slot, its hold and `startTarget` in one write. */
  readonly start: NetworkId[];
  /** Give these the intent they had before, likewise with `startUndo`. */
  readonly rollback: NetworkId[];
  readonly state: RolloutState;
  /** The record to write, the same object where nothing changed. */
  readonly rollout: Rollout;
  /** The target records that changed, apart from those to start and to roll back. */
  readonly moved: RolloutTarget[];
  /** Gates (places in the spec) to ask now; `answerGate` takes what they say. */
  readonly asks: number[];
  /** When this is worth repeating though nobody wrote anything; null when only a command or the end can come. */
  readonly nextWakeAt: number | null;
  readonly explanation: Explanation;
}

/**
 * Everything a rollout does next, from what is recorded and what is seen. Two passes over the same give the same, and a pass
 * over the result with nothing new does nothing. `resting` are targets that were not read for this pass (`look.ts` says which need not
 * be): they count, stay as they are, and nothing ends before them.
 */
export function advance(
  rollout: Rollout,
  sighted: readonly Sighted[],
  now: number,
  { resting = [], ...policies }: Policies & { readonly resting?: readonly TargetRow[] },
): Advance {
  const ask = blockers({
    rollout: rollout.id,
    spec: rollout.spec,
    freezes: policies.freezes,
    minAgent: policies.minAgent,
    minEdge: policies.minEdge,
    now,
  });
  const pass = newPass(rollout, { sighted, resting }, ask, now);
  if (rollout.state !== "planned" && !rolloutHasEnded(rollout)) {
    judgeAll(pass);
    decide(pass, policies);
    planWake(pass);
  }
  return {
    start: pass.start,
    rollback: pass.rollback,
    state: pass.rollout.state,
    rollout: pass.rollout,
    moved: pass.targets.filter((target, at) => target !== sighted[at]?.target),
    asks: pass.asks,
    nextWakeAt: Number.isFinite(pass.nextWakeAt) ? pass.nextWakeAt : null,
    explanation: explainRollout(pass),
  };
}

/** First what is seen, then what follows: a failure seen in this pass counts before anything is started in it. */
function judgeAll(pass: Pass): void {
  const { rollout, now } = pass;
  const isForward = !rollout.rollback && !rollout.stopping;
  for (const at of pass.targets.keys()) {
    const target = pass.targets[at];
    if (!target) continue;
    if (isInFlight(target)) pass.targets[at] = judge(target, pass.seen[at], rollout, now);
    else if (target.state === "done" && isForward && target.wave === rollout.wave) {
      const seen = pass.seen[at];
      if (seen) pass.targets[at] = judgeDone(target, seen, rollout.spec, now);
    }
  }
}

function judge(target: RolloutTarget, seen: Sighting | undefined, rollout: Rollout, now: number): RolloutTarget {
  const leave = (code: string, message: string): RolloutTarget => withState(target, "skipped", { code, message }, now);
  if (!seen) return leave("deleted", "the network was deleted");
  if (seen.hold && seen.hold.rollout !== rollout.id && seen.hold.over === rollout.id)
    return leave("superseded", `rollout ${seen.hold.rollout} took the network over`);
  const { change } = rollout.spec;
  const isStillMeant = target.undo
    ? target.before === null || isAsBefore(seen.intent, target.before, change)
    : isAsAsked(seen.intent, change);
  const writtenBy = currentAttempt(target)?.generation ?? 0;
  // Only a newer intent is somebody's word; an index or a replica may still show the one before.
  if (!isStillMeant && seen.generation > writtenBy)
    return leave("changed-by-owner", "its owner asked for something else meanwhile");
  return judgeInFlight(target, seen, rollout.spec, now);
}

function decide(pass: Pass, { withdrawn }: Policies): void {
  const { now } = pass;
  const isGoingForward = () =>
    (pass.rollout.state === "running" || pass.rollout.state === "baking") && pass.rollout.stopping === null;
  if (isGoingForward()) {
    const breach = breachOf(pass.rollout, tally(pass));
    if (breach) pass.rollout = react(pass.rollout, { by: "budget", reason: breach }, now);
    else if (withdrawn !== null) {
      const deed = {
        at: new Date(now).toISOString(),
        by: "release",
        reason: `the release was withdrawn: ${withdrawn}`,
      };
      pass.rollout = pausedBy(pass.rollout, deed);
    }
  }
  if (isGoingForward()) passWaves(pass);
  // A gate that refused may just have turned it round.
  if (pass.rollout.stopping && pass.rollout.state === "running") passStopping(pass);
  if (pass.rollout.state === "rolling-back") passBack(pass);
  // A pause burns no deadline of those who wait for their cell.
  if (pass.rollout.state === "paused") {
    pass.targets.forEach((target, at) => {
      pass.targets[at] = withClockStopped(target, now);
    });
    if (pass.resting.ticking > 0) wakeAt(pass, now + 1);
  }
}

function planWake(pass: Pass): void {
  const { now, rollout } = pass;
  if (pass.start.length + pass.rollback.length > 0) wakeAt(pass, now + POLL_MS);
  if (pass.queued > 0) wakeAt(pass, now + SLOW_POLL_MS);
  const { minHealthyFor, healthyDeadline, progressDeadline } = rollout.spec;
  for (const target of pass.targets) {
    const attempt = isInFlight(target) ? currentAttempt(target) : undefined;
    if (!attempt) continue;
    wakeAt(pass, now + POLL_MS);
    const due = attempt.silentSince
      ? Date.parse(attempt.silentSince) + millisecondsOf(progressDeadline)
      : attempt.healthySince
        ? Date.parse(attempt.healthySince) + millisecondsOf(minHealthyFor)
        : Date.parse(attempt.clockFrom) + millisecondsOf(healthyDeadline);
    wakeAt(pass, due);
  }
}
