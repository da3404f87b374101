import { describeChange } from "./change.ts";
import type { Sighting } from "./sighting.ts";
import type { RolloutSpec } from "./spec.ts";
import { currentAttempt, type RolloutTarget } from "./target.ts";
import { describeWindow } from "./window.ts";

/** What the owner of a network is told of a rollout: before it comes where it waits for them, and after it. */
export interface Notice {
  readonly type: "update.coming" | "update.done" | "update.failed" | "update.taken-back";
  readonly message: string;
}

/** What a target's step is worth saying to its owner, or undefined. */
export function noticeOf(
  before: RolloutTarget,
  after: RolloutTarget,
  { seen, spec }: { readonly seen: Sighting | undefined; readonly spec: Pick<RolloutSpec, "change" | "windows"> },
): Notice | undefined {
  if (before.state === after.state && before.why?.code === after.why?.code) return undefined;
  const window = seen?.window && spec.windows === "respect" ? ` in its window ${describeWindow(seen.window)}` : "";
  if (after.state === "waiting" && after.why?.code === "window")
    return {
      type: "update.coming",
      message: `It will be updated ${stepOf(seen?.intent.release, spec)}: ${after.why.message}.`,
    };
  if (before.state === after.state || !currentAttempt(after)) return undefined;
  const step = stepOf(after.before?.release, spec);
  if (after.state === "done") return { type: "update.done", message: `It was updated ${step}${window}.` };
  if (after.state === "failed" || after.state === "timed-out")
    return {
      type: "update.failed",
      message: `Its update ${step} failed: ${after.why?.message ?? "no reason is known"}.`,
    };
  return after.state === "rolled-back"
    ? { type: "update.taken-back", message: `Its update ${step} was taken back: it has what it had before.` }
    : undefined;
}

const stepOf = (from: string | undefined, { change }: Pick<RolloutSpec, "change">): string =>
  change.release === undefined
    ? `(${describeChange(change)})`
    : `${from ?? "from another release"} → ${change.release}`;
