import { millisecondsOf, timestampOf } from "../time.ts";
import { admitTarget, spentMs, withClockStopped } from "./admit-target.ts";
import { type Pass, sizeOfWave, slots, wakeAt } from "./pass.ts";
import { passGates } from "./pass-gates.ts";
import { bakeOf, type Rollout, type WaveProgress } from "./rollout.ts";
import { isInFlight, isOpen, targetHasEnded } from "./target.ts";

/** While something outside is waited for that nobody announces: a cell that comes back, an owner who changes a window. */
export const SLOW_POLL_MS = 30_000;

/** A rule that says when it ends may be changed before, which is rare: 12 h before a window are 144 loops. */
const RULE_POLL_MS = 5 * 60_000;

export function wakeForRule(pass: Pass, until: number | null): void {
  if (until !== null) wakeAt(pass, Math.min(until, pass.now + RULE_POLL_MS));
}

/** As far forward as it goes now: waves that are settled are left behind in the same pass, an empty one at once. */
export function passWaves(pass: Pass): void {
  for (;;) {
    const { wave } = pass.rollout;
    if (!begins(pass, wave)) return;
    if (!settles(pass, wave)) return;
    if (!isBaked(pass, wave) || !passGates(pass, "after", wave)) return;
    if (wave + 1 >= pass.byWave.length) {
      pass.rollout = { ...pass.rollout, state: "succeeded", endedAt: timestampOf(pass.now) };
      return;
    }
    pass.rollout = { ...pass.rollout, state: "running", wave: wave + 1 };
  }
}

function begins(pass: Pass, wave: number): boolean {
  if (pass.rollout.waves[wave]?.startedAt) return true;
  if (!passGates(pass, "before", wave)) return false;
  pass.rollout = withWave(pass.rollout, wave, { startedAt: timestampOf(pass.now) });
  return true;
}

/** Starts what may be started. True when every target of the wave has ended. */
function settles(pass: Pass, wave: number): boolean {
  const { now, rollout } = pass;
  const ready: number[] = [];
  const unreachable: number[] = [];
  let [others, proven] = [0, 0];
  for (const at of pass.byWave[wave] ?? []) {
    const target = pass.targets[at];
    if (!target) continue;
    if (isInFlight(target)) others++;
    else if (target.state === "done" && target.attempt) proven++;
    if (!isOpen(target)) continue;
    const admission = admitTarget(target, pass.seen[at], { rollout, blockers: pass.blockers, now });
    pass.targets[at] = admission.target;
    if (targetHasEnded(admission.target)) continue;
    if (admission.ready) ready.push(at);
    else if (admission.blocker?.burns) unreachable.push(at);
    else others++;
    if (!admission.blocker) continue;
    const { code, until, burns } = admission.blocker;
    const same = pass.blocked.get(code) ?? { count: 0, example: admission.blocker };
    pass.blocked.set(code, { ...same, count: same.count + 1 });
    wakeForRule(pass, until);
    if (burns) wakeAt(pass, now + millisecondsOf(rollout.spec.progressDeadline) - spentMs(admission.target, now));
    if (burns || until === null) wakeAt(pass, now + SLOW_POLL_MS);
  }

  startReady(pass, ready);
  const resting = waitForResting(pass, wave);
  others += resting.open - resting.ticking;
  if (ready.length + unreachable.length + others + resting.ticking === 0) return true;
  const last = pass.byWave.length - 1;
  if (ready.length + others > 0 || wave === last || proven === 0) return false;
  // The rest of the wave is in cells that are not heard of. The others have proven the change, so these may come last.
  for (const at of unreachable) {
    const target = pass.targets[at];
    if (target) pass.targets[at] = { ...withClockStopped(target, now), wave: last };
  }
  pass.byWave[last]?.push(...unreachable);
  return resting.ticking === 0;
}

/** Those of the wave that are to be looked at in a later pass: soon, where none of them ever was. */
function waitForResting(pass: Pass, wave: number): { readonly open: number; readonly ticking: number } {
  const { open, ticking, pending } = pass.resting.waves[wave] ?? { open: 0, ticking: 0, pending: 0 };
  pass.queued += pending;
  const nobodyYet = pass.start.length === 0 && !pass.targets.some(isInFlight);
  if (open > 0) wakeAt(pass, pass.now + (pending > 0 && nobodyYet ? 1 : SLOW_POLL_MS));
  return { open, ticking };
}

function startReady(pass: Pass, ready: number[]): void {
  if (ready.length === 0) return;
  const orderAt = (at: number) => pass.targets[at]?.order ?? "";
  ready.sort((a, b) => (orderAt(a) < orderAt(b) ? -1 : 1));
  const free = slots(pass);
  for (const at of ready) {
    const [target, seen] = [pass.targets[at], pass.seen[at]];
    if (target && seen && free.take(seen)) pass.start.push(target.network);
    else pass.queued++;
  }
}

/** A bake holds no slot and nothing but the next wave. A clock that was set back never makes it longer than it is. */
function isBaked(pass: Pass, wave: number): boolean {
  const { now, rollout } = pass;
  const bake = bakeOf(rollout.spec, wave);
  const bakeMs = bake === undefined || sizeOfWave(pass, wave) === 0 ? 0 : millisecondsOf(bake);
  const { settledAt, bakeUntil } = rollout.waves[wave] ?? {};
  const until = bakeUntil && settledAt ? Math.min(Date.parse(bakeUntil), now + bakeMs) : now + bakeMs;
  if (!bakeUntil || Date.parse(bakeUntil) !== until)
    pass.rollout = withWave(rollout, wave, {
      settledAt: settledAt ?? timestampOf(now),
      bakeUntil: timestampOf(until),
    });
  if (now >= until) {
    if (pass.rollout.state === "baking") pass.rollout = { ...pass.rollout, state: "running" };
    return true;
  }
  if (pass.rollout.state !== "baking") pass.rollout = { ...pass.rollout, state: "baking" };
  wakeAt(pass, until);
  wakeAt(pass, now + SLOW_POLL_MS);
  return false;
}

const withWave = (rollout: Rollout, at: number, changes: Partial<WaveProgress>): Rollout => ({
  ...rollout,
  waves: rollout.waves.map((one, index) => (index === at ? { ...one, ...changes } : one)),
});
