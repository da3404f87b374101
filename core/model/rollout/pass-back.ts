import { timestampOf } from "../time.ts";
import { isAsBefore } from "./change.ts";
import { type Pass, slots } from "./pass.ts";
import { wakeForRule } from "./pass-waves.ts";
import { isInFlight, isOpen, type RolloutTarget, targetHasEnded, withState } from "./target.ts";

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
  if (!pass.targets.some(isInFlight))
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
  for (let wave = pass.byWave.length - 1; wave >= 0; wave--) {
    const members = pass.byWave[wave] ?? [];
    const places = members.toSorted((a, b) =>
      (pass.targets[a]?.order ?? "") < (pass.targets[b]?.order ?? "") ? -1 : 1,
    );
    let unsettled = 0;
    for (const at of places) {
      const target = pass.targets[at];
      if (!target) continue;
      if (!isToUndo(target)) {
        if (!targetHasEnded(target)) unsettled++;
        continue;
      }
      const [seen, why] = [pass.seen[at], endsUntouched(pass, at)];
      if (why || !seen) {
        pass.targets[at] = why ?? target;
        continue;
      }
      unsettled++;
      const frozen = pass.blockers.frozen(seen);
      if (frozen) {
        const same = pass.blocked.get(frozen.code) ?? { count: 0, example: frozen };
        pass.blocked.set(frozen.code, { ...same, count: same.count + 1 });
        wakeForRule(pass, frozen.until);
      } else if (isInFlight(target) || free.take(seen)) pass.rollback.push(target.network);
      else pass.queued++;
    }
    if (unsettled > 0) return;
  }
  const back = pass.targets.every((target) => target.undo === null || target.undo.failure === null);
  const endedAt = timestampOf(now);
  pass.rollout = {
    ...rollout,
    state: back ? "rolled-back" : "failed",
    endedAt,
    rollback: rollout.rollback && { ...rollout.rollback, endedAt },
  };
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
