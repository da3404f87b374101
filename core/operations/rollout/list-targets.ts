import type { RolloutTarget, TargetState } from "../../model/rollout/target.ts";
import { targetIdOf } from "../../model/rollout/target.ts";
import type { Dependencies } from "../dependencies.ts";
import type { ListedPage, ListQuery } from "../read-page.ts";
import { findRollout } from "./find-rollout.ts";
import { pagedRows, readPages } from "./read-pages.ts";

/** How many targets are read at once where the pages cannot tell which are wanted. */
const AT_ONCE = 500;

export interface TargetFilter {
  readonly state?: TargetState | undefined;
  /** From 1. */
  readonly wave?: number | undefined;
  /** Code of why it is where it is. */
  readonly why?: string | undefined;
}

/** GET /v1/rollouts/{rol}/targets, in order of their networks' ids. The pages tell which to read; only of `why` they say nothing. */
export async function listTargets(
  { store }: Pick<Dependencies, "store">,
  id: string,
  { state, wave, why }: TargetFilter,
  { limit, after }: ListQuery,
): Promise<ListedPage<RolloutTarget>> {
  const { value: rollout } = await findRollout(store, id);
  const isWanted = (one: Pick<RolloutTarget, "network" | "state" | "wave">): boolean =>
    (after === undefined || one.network > after) &&
    (state === undefined || one.state === state) &&
    (wave === undefined || one.wave + 1 === wave);
  const candidates = pagedRows(await readPages(store, rollout.id))
    .flatMap(({ row }) => (isWanted(row) ? [row.network] : []))
    .sort();
  const wanted: RolloutTarget[] = [];
  const step = why === undefined ? limit + 1 : AT_ONCE;
  for (let from = 0; from < candidates.length && wanted.length <= limit; from += step) {
    const ids = candidates.slice(from, from + step).map((network) => targetIdOf(rollout.id, network));
    const read = await store.getMany("rollout-target", ids);
    // What has moved on since its page was read is no longer what was asked for.
    const found = read
      .map(({ value }) => value)
      .filter((one) => isWanted(one) && (why ?? one.why?.code) === one.why?.code);
    wanted.push(...found.sort((a, b) => (a.network < b.network ? -1 : 1)));
  }
  const items = wanted.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(wanted.length > limit && last ? { next: last.network } : {}) };
}
