import { timestampOf } from "../time.ts";
import type { Deed, Rollout } from "./rollout.ts";

type Going = "running" | "baking" | "rolling-back";
const isGoing = (state: Rollout["state"]): state is Going =>
  state === "running" || state === "baking" || state === "rolling-back";

/** Stopped for now; what is in flight settles. */
export const pausedBy = (rollout: Rollout, deed: Deed): Rollout =>
  isGoing(rollout.state) ? { ...rollout, state: "paused", paused: { ...deed, from: rollout.state } } : rollout;

/** Nothing is started any more, and it ends when what is in flight has settled. */
export const stoppedBy = (rollout: Rollout, deed: Deed, as: "failed" | "aborted"): Rollout => ({
  ...rollout,
  state: "running",
  paused: null,
  stopping: { ...deed, as },
});

/** Everything that was touched goes back. */
export const rolledBackBy = (rollout: Rollout, deed: Deed): Rollout => ({
  ...rollout,
  state: "rolling-back",
  paused: null,
  endedAt: null,
  stopping: null,
  rollback: { ...deed, endedAt: null },
});

/** What `onFailure` says. */
export function react(rollout: Rollout, { by, reason }: Omit<Deed, "at">, now: number): Rollout {
  const deed = { by, reason, at: timestampOf(now) };
  switch (rollout.spec.onFailure) {
    case "pause":
      return pausedBy(rollout, deed);
    case "abort":
      return stoppedBy(rollout, deed, "failed");
    case "rollback":
      return rolledBackBy(rollout, deed);
  }
}
