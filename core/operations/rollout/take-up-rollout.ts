import { LEASE_MS } from "../../model/operation.ts";
import { rolloutHasEnded } from "../../model/rollout/rollout.ts";
import { timestampOf } from "../../model/time.ts";
import type { Dependencies } from "../dependencies.ts";

/** Starts the next execution of a rollout that is due. False where it is not due after all. */
export async function takeUpRollout(
  { store, clock, workflows }: Dependencies,
  id: string,
  dueBy: number,
): Promise<boolean> {
  const found = await store.get("rollout", id);
  if (!found || rolloutHasEnded(found.value)) return false;
  const { nextActionAt, attempt } = found.value;
  if (nextActionAt === null || Date.parse(nextActionAt) > dueBy) return false;
  const value = { ...found.value, attempt: attempt + 1, nextActionAt: timestampOf(clock.now() + LEASE_MS) };
  await store.commit([{ write: "put", was: found.version, kind: "rollout", value }]);
  const input = { schemaVersion: 1, rollout: id, attempt: value.attempt };
  await workflows.start("roll-out", `${id}-${value.attempt}`, input);
  return true;
}
