import type { Assembly } from "./assembly.ts";

/** What of one region's table arrives in another's, now and not again: the last writer wins there, as in a global table. */
export async function replicate(
  from: Assembly,
  to: Assembly,
  which: (id: string | undefined) => boolean = () => true,
): Promise<void> {
  for (const item of await from.table.items()) if (which(item.id?.S)) await to.table.put(item);
}
