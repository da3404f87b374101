import type { RolloutId } from "../../model/ids.ts";
import type { RolloutTarget } from "../../model/rollout/target.ts";
import type { Store, Versioned } from "../../ports.ts";

const PAGE = 1_000;

/** All targets of a rollout as they are now, in order of their networks' ids. */
export async function readTargets(store: Store, rollout: RolloutId): Promise<Versioned<RolloutTarget>[]> {
  const targets: Versioned<RolloutTarget>[] = [];
  for (let after: string | undefined; ; ) {
    const listed = await store.list("targets-of-rollout", rollout, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    const ids = listed.map(({ id }) => id);
    targets.push(...(await store.getMany("rollout-target", ids)));
    after = listed.at(-1)?.sort;
    if (listed.length < PAGE) return targets;
  }
}
