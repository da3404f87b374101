import { firstIdAt } from "../../model/id-time.ts";
import { type LookSizes, lookAt } from "../../model/rollout/look.ts";
import { joinedTarget, joins } from "../../model/rollout/plan-rollout.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import type { Place, Sighted } from "../../model/rollout/sighting.ts";
import { targetIdOf } from "../../model/rollout/target.ts";
import type { TargetRow } from "../../model/rollout/target-row.ts";
import type { Store } from "../../ports.ts";
import { readFleet } from "./read-fleet.ts";
import { pagedRows, readPages } from "./read-pages.ts";
import { sightNetworks } from "./sight-networks.ts";

/** A network may have waited so long for its place when a rollout was planned without it. */
const PLACED_WITHIN_MS = 60 * 60_000;

/** The page of what joins: it gets one when it is written. */
export const NO_PAGE = -1;

/** A target that a pass looks at, with what is seen of it. `version` is 0 for one that joins now. */
export interface SightedTarget extends Sighted {
  readonly version: number;
  readonly page: number;
  /** Where it was when it was written last. */
  readonly place: Place;
}

export interface SightedTargets {
  readonly sighted: SightedTarget[];
  /** Those that this pass leaves alone. */
  readonly resting: readonly TargetRow[];
}

export interface Pass {
  /** How many passes there were before it. */
  readonly turn: number;
  readonly now: number;
  readonly sizes?: LookSizes;
}

/** Reads all targets in short, and in full those that can be decided about. */
export async function sightTargets(
  store: Store,
  rollout: Rollout,
  { turn, now, sizes }: Pass,
): Promise<SightedTargets> {
  const paged = new Map(pagedRows(await readPages(store, rollout.id)).map((one) => [one.row.network, one] as const));
  const rows = [...paged.values()].map(({ row }) => row);
  const { sight, read, rest } = lookAt(rollout, rows, turn, sizes);
  // Ids rise with time, so whatever was made since is found without a look at the whole fleet.
  const since = firstIdAt("net", Date.parse(rollout.createdAt) - PLACED_WITHIN_MS);
  const young = (await readFleet(store, since)).filter((id) => !paged.has(id));
  const ids = sight.map(({ network }) => network);
  const [targets, seen] = await Promise.all([
    store.getMany(
      "rollout-target",
      [...sight, ...read].map(({ network }) => targetIdOf(rollout.id, network)),
    ),
    sightNetworks(store, [...ids, ...young], rollout.id),
  ]);
  const known = targets.flatMap(({ value: target, version }): SightedTarget[] => {
    const at = paged.get(target.network);
    return at ? [{ target, seen: seen.get(target.network), version, page: at.page, place: at.row }] : [];
  });
  const joined = young.flatMap((id): SightedTarget[] => {
    const sighting = seen.get(id);
    if (!sighting || !joins(rollout, sighting)) return [];
    return [
      { target: joinedTarget(rollout, sighting, now), seen: sighting, version: 0, page: NO_PAGE, place: sighting },
    ];
  });
  return { sighted: [...known, ...joined], resting: rest };
}
