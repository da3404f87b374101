import { isMeantBy } from "../release/release.ts";
import { millisecondsOf, timestampOf } from "../time.ts";
import type { Blocker, Blockers } from "./blocker.ts";
import { isAsAsked } from "./change.ts";
import { deferredAt } from "./defer.ts";
import type { Rollout } from "./rollout.ts";
import type { Sighting } from "./sighting.ts";
import { type RolloutTarget, withState } from "./target.ts";

/** What becomes of a target whose wave is at work: it has ended, is blocked, or could be started. */
export interface Admission {
  readonly target: RolloutTarget;
  readonly ready: boolean;
  readonly blocker?: Blocker;
}

/** Why a target ends without being touched, or undefined. */
export function settledUntouched(
  target: RolloutTarget,
  seen: Sighting | undefined,
  { id, spec }: Rollout,
  now: number,
): RolloutTarget | undefined {
  const skip = (code: string, message: string) => withState(target, "skipped", { code, message }, now);
  if (!seen) return skip("deleted", "the network was deleted");
  const { hold, pinned, intent } = seen;
  if (hold && hold.rollout !== id && hold.over === id)
    return skip("superseded", `rollout ${hold.rollout} took the network over`);
  if (isAsAsked(intent, spec.change))
    return withState(target, "done", { code: "already-there", message: "it is what is asked for already" }, now);
  if (pinned && spec.change.release !== undefined)
    return skip("pinned", `pinned: its owner wants release ${intent.release}`);
  if (spec.from && !isMeantBy(spec.from.release, intent.release))
    return skip("not-from", `it is on ${intent.release}, not ${spec.from.release}`);
  return undefined;
}

export function admitTarget(
  target: RolloutTarget,
  seen: Sighting | undefined,
  { rollout, blockers, now }: { readonly rollout: Rollout; readonly blockers: Blockers; readonly now: number },
): Admission {
  const settled = settledUntouched(target, seen, rollout, now);
  if (settled || !seen) return { target: settled ?? target, ready: false };
  const until = rollout.spec.deferrals === "respect" ? deferredAt(target.deferral, now) : null;
  const blocker = blockers.forward(until === null ? seen : { ...seen, deferredUntil: until });
  if (!blocker) return { target: withClockStopped(target, now), ready: true };
  const { code, message, burns } = blocker;
  if (!burns)
    return {
      target: withState(withClockStopped(target, now), "waiting", { code, message }, now),
      ready: false,
      blocker,
    };

  const ticking = withClockRunning(target, now);
  const state = spentMs(ticking, now) >= millisecondsOf(rollout.spec.progressDeadline) ? "deferred" : "waiting";
  return { target: withState(ticking, state, { code, message }, now), ready: false, blocker };
}

/** How long it has waited for its cell. */
export const spentMs = ({ blocked }: RolloutTarget, now: number): number =>
  blocked === null ? 0 : blocked.spentMs + (blocked.since === null ? 0 : Math.max(0, now - Date.parse(blocked.since)));

function withClockRunning(target: RolloutTarget, now: number): RolloutTarget {
  const since = target.blocked?.since ?? null;
  if (since !== null && Date.parse(since) <= now) return target;
  return { ...target, blocked: { spentMs: target.blocked?.spentMs ?? 0, since: timestampOf(now) } };
}

export const withClockStopped = (target: RolloutTarget, now: number): RolloutTarget =>
  target.blocked === null || target.blocked.since === null
    ? target
    : { ...target, blocked: { spentMs: spentMs(target, now), since: null } };
