import { pausedBy, stoppedBy } from "../../model/rollout/react.ts";
import { type Rollout, rolloutHasEnded } from "../../model/rollout/rollout.ts";
import { timestampOf } from "../../model/time.ts";
import { auditOf } from "../accept-change.ts";
import { PLATFORM } from "../authorize.ts";
import type { Dependencies } from "../dependencies.ts";
import { repeatOnConflict } from "../repeat.ts";
import type { RolloutInput } from "./find-rollout.ts";
import { nextAttempt, startAttempt } from "./succeed-rollout.ts";

/** How an execution ended that did not succeed, and where. */
export interface EndedExecution extends RolloutInput {
  readonly execution: string;
  readonly status: "FAILED" | "TIMED_OUT" | "ABORTED";
  readonly cause: string | undefined;
}

/** After a failure the sweep takes it up soon, and not at once: what failed may fail again. */
const AGAIN_AFTER_MS = 5_000;

/**
 * An execution ended that still had to act. Stopped means that a person stopped it: the rollout is paused, and says so; what is in flight
 * is settled by the next execution. Anything else is made good by the sweep.
 */
export async function handBackRollout(deps: Dependencies, ended: EndedExecution): Promise<{ handedBack: boolean }> {
  const { store, clock } = deps;
  const { rollout: id, attempt, status, execution, cause } = ended;
  return repeatOnConflict(async () => {
    const found = await store.get("rollout", id);
    if (!found || rolloutHasEnded(found.value) || found.value.attempt !== attempt) return { handedBack: false };
    const now = clock.now();
    if (status !== "ABORTED") {
      const value: Rollout = { ...found.value, nextActionAt: timestampOf(now + AGAIN_AFTER_MS) };
      await store.commit([{ write: "put", was: found.version, kind: "rollout", value }]);
      return { handedBack: true };
    }
    const reason = `its execution was stopped in Step Functions${cause ? `: ${cause}` : ""}`;
    const deed = { at: timestampOf(now), by: "Step Functions", reason };
    const stopped =
      found.value.state === "planned" ? stoppedBy(found.value, deed, "aborted") : pausedBy(found.value, deed);
    const value = nextAttempt(stopped, now);
    const caller = { actor: "Step Functions", org: PLATFORM, role: "owner", platform: true, from: execution } as const;
    await store.commit([
      { write: "put", was: found.version, kind: "rollout", value },
      auditOf(deps, caller, { action: "rollout.pause", subject: id, before: found.value, after: value }),
    ]);
    await startAttempt(deps, value);
    return { handedBack: true };
  });
}
