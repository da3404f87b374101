import { SHARDS } from "#core/model/records.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { sweep } from "#core/operations/sweep.ts";
import { tellFigures } from "../figures.ts";
import { task } from "../task.ts";

/** How many waiting operations of a shard are looked at: the ones that wait longest are among the first that are due. */
const PER_SHARD = 10;

/** The sweep, and what of it a person may have to know: how much it had to take up, and how long an operation has been waiting. */
export const sweepAndTell = task(async (deps: Dependencies, { dueBy }: { readonly dueBy?: number }) => {
  const swept = await sweep(deps, dueBy);
  const now = deps.clock.now();
  tellFigures("sweep", { started: swept.started, oldestMinutes: await oldestMinutes(deps, now) }, now);
  return swept;
});

async function oldestMinutes({ store }: Dependencies, now: number): Promise<number> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => store.list("due", String(shard), { limit: PER_SHARD }));
  const ids = (await Promise.all(shards)).flat().map(({ id }) => id);
  const waiting = await store.getMany("operation", ids);
  return Math.max(0, ...waiting.map(({ value }) => (now - Date.parse(value.createdAt)) / 60_000));
}
