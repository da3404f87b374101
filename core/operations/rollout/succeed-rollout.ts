import type { Rollout } from "../../model/rollout/rollout.ts";
import { timestampOf } from "../../model/time.ts";
import type { Dependencies } from "../dependencies.ts";

/** How long the execution that is to begin may take to say so before the sweep starts another. */
const GRACE_MS = 5_000;

/** The record that fences off whatever execution runs, for the one that comes after it. */
export const nextAttempt = (rollout: Rollout, now: number): Rollout => ({
  ...rollout,
  attempt: rollout.attempt + 1,
  nextActionAt: timestampOf(now + GRACE_MS),
});

/** As it is written first. */
export const firstAttempt = (rollout: Rollout, now: number): Rollout => ({
  ...rollout,
  nextActionAt: timestampOf(now + GRACE_MS),
});

/** Starts the execution of a rollout's present attempt. One that cannot be started now is due soon: the sweep starts it. */
export async function startAttempt({ workflows, log }: Dependencies, { id, attempt }: Rollout): Promise<void> {
  try {
    await workflows.start("roll-out", `${id}-${attempt}`, { schemaVersion: 1, rollout: id, attempt });
  } catch (error) {
    log("warn", "rollout not started; the sweep will", { rollout: id, attempt, error: String(error) });
  }
}
