import type { NetworkId } from "../../model/ids.ts";
import { SHARDS } from "../../model/records.ts";
import type { Store } from "../../ports.ts";

const PAGE = 1_000;

/** The ids of all networks of the fleet, or of those made after one. */
export async function readFleet(store: Store, after?: string): Promise<NetworkId[]> {
  const shards = await Promise.all(
    Array.from({ length: SHARDS }, async (_, shard) => {
      const ids: NetworkId[] = [];
      for (let from = after; ; ) {
        const listed = await store.list("networks-of-fleet", String(shard), {
          limit: PAGE,
          ...(from === undefined ? {} : { after: from }),
        });
        for (const { id } of listed) ids.push(id as NetworkId);
        from = listed.at(-1)?.sort;
        if (listed.length < PAGE) return ids;
      }
    }),
  );
  return shards.flat();
}
