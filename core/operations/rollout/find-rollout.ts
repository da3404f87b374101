import { Refusal } from "../../errors.ts";
import { RolloutId } from "../../model/ids.ts";
import { type Rollout, rolloutHasEnded } from "../../model/rollout/rollout.ts";
import type { Store, Versioned } from "../../ports.ts";

export async function findRollout(store: Store, id: string): Promise<Versioned<Rollout>> {
  const found = RolloutId.safeParse(id).success ? await store.get("rollout", id) : undefined;
  if (!found) throw new Refusal("not-found", `There is no rollout ${id}.`);
  return found;
}

/** What the workflow hands its tasks: ids only. */
export interface RolloutInput {
  readonly rollout: string;
  readonly attempt: number;
}

/** The rollout, where this execution is the one that may act; refuses with `superseded` otherwise. */
export async function findForExecution(
  store: Store,
  { rollout: id, attempt }: RolloutInput,
): Promise<Versioned<Rollout>> {
  const found = await findRollout(store, id);
  if (rolloutHasEnded(found.value) || found.value.attempt !== attempt)
    throw new Refusal("superseded", `Attempt ${attempt} of ${id} is over; something newer took its place.`);
  return found;
}
