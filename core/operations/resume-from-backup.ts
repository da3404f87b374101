import { hasEnded } from "../model/operation.ts";
import { SHARDS } from "../model/records.ts";
import { timestampOf } from "../model/time.ts";
import type { Clock, Store } from "../ports.ts";

/**
 * How long work that was under way in a backup rests. The survey comes first: what a cell has done since is newer than what the
 * backup remembers of it, and must not be undone by an old operation.
 */
const REST_MS = 3 * 60_000;

const PAGE = 200;

/**
 * Makes an intent store that comes from a backup fit to take over: one epoch up, so that cells take its word before that of the home
 * there was, and with all work at rest until the cells have been surveyed. Once for each restore, before anything else runs on it.
 */
export async function resumeFromBackup({ store, clock }: { store: Store; clock: Pick<Clock, "now"> }): Promise<number> {
  const rested = timestampOf(clock.now() + REST_MS);
  for (let shard = 0; shard < SHARDS; shard++)
    for (;;) {
      const listed = await store.list("due", String(shard), { limit: PAGE });
      const early = listed.filter(({ sort }) => sort < rested);
      for (const { id } of early) {
        const found = await store.get("operation", id);
        if (!found || hasEnded(found.value)) continue;
        const value = { ...found.value, nextActionAt: rested };
        await store.commit([{ write: "put", was: found.version, kind: "operation", value }]);
      }
      if (early.length < PAGE) break;
    }

  const fleet = await store.get("fleet", "fleet");
  const epoch = (fleet?.value.epoch ?? 1) + 1;
  const value = { ...fleet?.value, id: "fleet" as const, epoch };
  await store.commit([{ write: "put", was: fleet?.version ?? 0, kind: "fleet", value }]);
  return epoch;
}
