import { Refusal } from "../errors.ts";
import { RolloutId } from "../model/ids.ts";
import { hasEnded, LEASE_MS, type Operation } from "../model/operation.ts";
import { SHARDS } from "../model/records.ts";
import { timestampOf } from "../model/time.ts";
import type { Dependencies } from "./dependencies.ts";
import { takeUpRollout } from "./rollout/take-up-rollout.ts";
import { startOperation } from "./start-operation.ts";

/** How many due operations of one shard a sweep takes; the rest waits for the next one. */
const PER_SHARD = 100;

/** What a sweep did. */
export interface Swept {
  readonly started: number;
}

/**
 * Takes up every operation and every rollout that is due: its signal was lost, its execution died, or its time to be tried again has come (R4).
 * Each gets the next attempt, which fences off whatever execution may still run. `dueBy` is now, or later to take up also
 * what is still under a lease (after a restart of the process that ran all executions).
 */
export async function sweep(deps: Dependencies, dueBy: number = deps.clock.now()): Promise<Swept> {
  const { store } = deps;
  let started = 0;
  let oldest = dueBy;
  for (let shard = 0; shard < SHARDS; shard++) {
    const listed = await store.list("due", String(shard), { limit: PER_SHARD });
    const due = listed.filter(({ sort }) => sort.slice(0, timestampOf(0).length) <= timestampOf(dueBy));
    oldest = Math.min(oldest, ...due.map(({ sort }) => Date.parse(sort.slice(0, timestampOf(0).length))));
    for (const { id } of due) if (await takeUp(deps, id, dueBy)) started += 1;
  }
  deps.measure("cellplane_queue_age_seconds", Math.max(deps.clock.now() - oldest, 0) / 1_000, {});
  deps.measure("cellplane_sweep_taken_up_total", started, {});
  return { started };
}

/** False where somebody else has taken it, it is not due after all (the index may lag behind the record), or it cannot be taken up now. */
async function takeUp(deps: Dependencies, id: string, dueBy: number): Promise<boolean> {
  const { store, clock, log } = deps;
  try {
    if (RolloutId.safeParse(id).success) return await takeUpRollout(deps, id, dueBy);
    const found = await store.get("operation", id);
    if (!found || !isDue(found.value, dueBy)) return false;
    const next: Operation = {
      ...found.value,
      attempt: found.value.attempt + 1,
      nextActionAt: timestampOf(clock.now() + LEASE_MS),
    };
    await store.commit([{ write: "put", was: found.version, kind: "operation", value: next }]);
    await startOperation(deps, next);
    return true;
  } catch (error) {
    // One that cannot be started now is due again after its lease, and one that cannot be read blocks nobody.
    const passing = error instanceof Refusal;
    log(passing ? "warn" : "error", "not taken up", {
      operation: id,
      error: passing ? error.kind : String(error),
    });
    return false;
  }
}

const isDue = (operation: Operation, dueBy: number): boolean =>
  !hasEnded(operation) && operation.nextActionAt !== null && Date.parse(operation.nextActionAt) <= dueBy;
