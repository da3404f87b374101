import { firstIdAt } from "../../model/id-time.ts";
import { joinedTarget, joins } from "../../model/rollout/plan-rollout.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import type { Sighted } from "../../model/rollout/sighting.ts";
import type { Store } from "../../ports.ts";
import { readFleet } from "./read-fleet.ts";
import { readTargets } from "./read-targets.ts";
import { sightNetworks } from "./sight-networks.ts";

/** A network may have waited so long for its place when a rollout was planned without it. */
const PLACED_WITHIN_MS = 60 * 60_000;

/** The targets of a rollout with what is seen of each. `version` is 0 for one that joins now. */
export interface SightedTarget extends Sighted {
  readonly version: number;
}

export async function sightTargets(store: Store, rollout: Rollout, now: number): Promise<SightedTarget[]> {
  const targets = await readTargets(store, rollout.id);
  const known = new Set(targets.map(({ value }) => value.network));
  // Ids rise with time, so whatever was made since is found without a look at the whole fleet.
  const since = firstIdAt("net", Date.parse(rollout.createdAt) - PLACED_WITHIN_MS);
  const young = (await readFleet(store, since)).filter((id) => !known.has(id));
  const seen = await sightNetworks(store, [...known, ...young], rollout.id);
  const joined = young.flatMap((id) => {
    const sighting = seen.get(id);
    if (!sighting || !joins(rollout, sighting)) return [];
    return [{ target: joinedTarget(rollout, sighting, now), seen: sighting, version: 0 }];
  });
  return [
    ...targets.map(({ value, version }) => ({ target: value, seen: seen.get(value.network), version })),
    ...joined,
  ];
}
