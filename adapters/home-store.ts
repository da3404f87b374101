import { Refusal } from "#core/errors.ts";
import type { Clock, Store } from "#core/ports.ts";

/** How long a region believes what it read of the fleet's home: an old home stops writing this long after it heard of the new one. */
const BELIEVED_MS = 5_000;

export interface RegionalStore {
  /** Reads as ever; refuses to write where the fleet's home is another region. */
  readonly store: Store;
  /** Whether this region is the one that writes and acts. */
  isHome(): Promise<boolean>;
}

/**
 * The intent store as one region of a fleet sees it. Replicas of a table take writes from everywhere and the last one silently
 * wins, so only the home may write. A fleet that names no home has this region alone.
 */
export function regionalStore(store: Store, region: string, clock: Pick<Clock, "now">): RegionalStore {
  let read: { readonly at: number; readonly home: string } | undefined;

  async function home(): Promise<string> {
    if (read && clock.now() - read.at < BELIEVED_MS) return read.home;
    const at = clock.now();
    read = { at, home: (await store.get("fleet", "fleet"))?.value.home ?? region };
    return read.home;
  }

  return {
    isHome: async () => (await home()) === region,
    store: {
      ...store,
      async commit(changes) {
        const there = await home();
        if (there !== region)
          throw new Refusal("unavailable", `This region serves reads alone: changes are made in ${there}, the home.`);
        await store.commit(changes);
      },
    },
  };
}
