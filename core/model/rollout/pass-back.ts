import { timestampOf } from "../time.ts";
import { isAsBefore } from "./change.ts";
import { type Pass, type Slots, slots, wakeAt } from "./pass.ts";
import { wakeForRule } from "./pass-waves.ts";
import { type Sighting, whyUnreachable } from "./sighting.ts";
import { currentAttempt, isInFlight, isOpen, type RolloutTarget, targetHasEnded, withState } from "./target.ts";

/** Ends every target that was not begun. */
export function skipOpen(pass: Pass, why: string): void {
  pass.targets.forEach((target, at) => {
    if (isOpen(target)) pass.targets[at] = withState(target, "skipped", { code: "stopped", message: why }, pass.now);
  });
}

/** Ends as it was decided to, once nothing is in flight. */
export function passStopping(pass: Pass): void {
  const { stopping } = pass.rollout;
  if (!stopping) return;
  skipOpen(pass, `${stopping.by} stopped the rollout: ${stopping.reason}`);
  if (pass.resting.open > 0) wakeAt(pass, pass.now + 1);
  else if (!pass.targets.some(isInFlight))
    pass.rollout = { ...pass.rollout, state: stopping.as, endedAt: timestampOf(pass.now) };
}

/** True where the network carries the new intent and nothing has begun to give the old one back. */
const isToUndo = (target: RolloutTarget): boolean =>
  target.attempt !== null && target.undo === null && target.state !== "skipped" && target.state !== "rolled-back";

/**
 * The same engine over what was touched, the last wave first, at the same pace. It obeys freezes, but no maintenance window: who
 * runs what is being taken back has waited long enough. What is in flight is not waited for: it keeps its slot and turns round.
 */
export function passBack(pass: Pass): void {
  const { rollout, now } = pass;
  skipOpen(pass, `${rollout.rollback?.by ?? "somebody"} rolled back: ${rollout.rollback?.reason ?? ""}`);
  const free = slots(pass);
  for (let wave = pass.byWave.length - 1; wave >= 0; wave--) if (!isWaveBack(pass, wave, free)) return;
  if (pass.resting.open > 0) {
    wakeAt(pass, now + 1);
    return;
  }
  const back =
    pass.resting.undoFailed === 0 &&
    pass.targets.every((target) => target.undo === null || target.undo.failure === null);
  const endedAt = timestampOf(now);
  pass.rollout = {
    ...rollout,
    state: back ? "rolled-back" : "failed",
    endedAt,
    rollback: rollout.rollback && { ...rollout.rollback, endedAt },
  };
}

/** Gives back what may be given back. True when nothing of the wave is left to do or to wait for. */
function isWaveBack(pass: Pass, wave: number, free: Slots): boolean {
  const { now } = pass;
  const waiting: { target: RolloutTarget; seen: Sighting }[] = [];
  let unsettled = 0;
  for (const at of pass.byWave[wave] ?? []) {
    const target = pass.targets[at];
    if (!target) continue;
    if (!isToUndo(target)) {
      if (!targetHasEnded(target)) unsettled++;
      continue;
    }
    const [seen, ended] = [pass.seen[at], endsUntouched(pass, at)];
    if (ended) pass.targets[at] = ended;
    else if (seen) waiting.push({ target, seen });
    const attempt = ended && isInFlight(target) && currentAttempt(target);
    if (attempt) free.giveBack(attempt);
  }

  waiting.sort((a, b) => (a.target.order < b.target.order ? -1 : 1));
  const reachable = waiting.filter(({ target, seen }) => {
    if (pass.blockers.frozen(seen) || !whyUnreachable(seen, now)) return true;
    // Told and not waited for (`startUndo`), so it needs no slot and gives back the one it has.
    pass.rollback.push(target.network);
    const attempt = isInFlight(target) && currentAttempt(target);
    if (attempt) free.giveBack(attempt);
    return false;
  });
  for (const { target, seen } of reachable) {
    const frozen = pass.blockers.frozen(seen);
    if (frozen) {
      const same = pass.blocked.get(frozen.code) ?? { count: 0, example: frozen };
      pass.blocked.set(frozen.code, { ...same, count: same.count + 1 });
      wakeForRule(pass, frozen.until);
    } else if (isInFlight(target) || free.take(seen)) pass.rollback.push(target.network);
    else pass.queued++;
  }
  const { toUndo } = pass.resting.waves[wave] ?? { toUndo: 0 };
  if (toUndo > 0 && unsettled + waiting.length === 0) wakeAt(pass, now + 1);
  return unsettled + waiting.length + toUndo === 0;
}

function endsUntouched({ targets, seen, rollout, now }: Pass, at: number): RolloutTarget | undefined {
  const [target, network] = [targets[at], seen[at]];
  if (!target) return undefined;
  const skip = (code: string, message: string) => withState(target, "skipped", { code, message }, now);
  if (!network) return skip("deleted", "the network was deleted");
  const { hold } = network;
  if (hold && hold.rollout !== rollout.id && hold.over === rollout.id)
    return skip("superseded", `rollout ${hold.rollout} took the network over`);
  const isReadAfterStart = network.generation >= (target.attempt?.generation ?? 0);
  if (target.before && isReadAfterStart && isAsBefore(network.intent, target.before, rollout.spec.change))
    return withState(target, "rolled-back", { code: "already-back", message: "it was given back already" }, now);
  return undefined;
}
