import { Refusal } from "../../errors.ts";
import type { NetworkId } from "../../model/ids.ts";
import { invalidInput } from "../../model/parse.ts";
import { planRollout, type RolloutPlan } from "../../model/rollout/plan-rollout.ts";
import { retryFailed } from "../../model/rollout/retry-failed.ts";
import type { RolloutBirth } from "../../model/rollout/rollout.ts";
import type { Place } from "../../model/rollout/sighting.ts";
import type { RolloutSpec } from "../../model/rollout/spec.ts";
import type { Gates, Store } from "../../ports.ts";
import type { Dependencies } from "../dependencies.ts";
import { findRelease, readReleases } from "../find-release.ts";
import { readFleet } from "./read-fleet.ts";
import { readTargets } from "./read-targets.ts";
import { sightNetworks } from "./sight-networks.ts";

/** A plan, and where its targets are. */
export interface PlacedPlan extends RolloutPlan {
  readonly places: ReadonlyMap<NetworkId, Place>;
}

/** Who is in a rollout and in which wave, by the fleet as it is. Refuses what can be known to go wrong; writes nothing. */
export async function planTargets(
  { store, gates }: Pick<Dependencies, "store" | "gates">,
  birth: RolloutBirth,
): Promise<PlacedPlan> {
  refuseWhatIsNotThere(birth.spec, gates);
  const ids = birth.spec.selector?.networks ?? (await readFleet(store));
  const wanted = await narrowed(store, birth, ids);
  const places = await sightNetworks(store, wanted, birth.id, "asked");
  const networks = [...places.values()];
  const releases = new Map((await readReleases(store)).map((release) => [release.version, release] as const));
  const { release } = birth.spec.change;
  const asked = release === undefined ? undefined : await findRelease(store, release);
  if (asked) releases.set(asked.value.version, asked.value);
  return { ...planRollout({ ...birth, networks, findRelease: (version) => releases.get(version) }), places };
}

/** A retry is over what failed or was skipped, and over nothing else. */
async function narrowed(
  store: Store,
  { retryOf, spec }: RolloutBirth,
  ids: readonly NetworkId[],
): Promise<readonly NetworkId[]> {
  if (retryOf === undefined) return ids;
  const targets = (await readTargets(store, retryOf)).map(({ value }) => value);
  const again = new Set(retryFailed({ spec }, targets).networks);
  return ids.filter((id) => again.has(id));
}

/** What the specification knows and this control plane does not do. */
function refuseWhatIsNotThere({ change, gates: asked }: RolloutSpec, gates: Gates): void {
  const errors = asked.flatMap((gate, at) => {
    const why = gate.kind === "manual" ? undefined : gates.whyNot(gate);
    return why === undefined ? [] : [{ path: `gates.${at}`, message: `the ${gate.kind} gate cannot be ${why}` }];
  });
  if (change.leaveCell !== undefined)
    errors.push({ path: "change.leaveCell", message: "is not possible: networks cannot be moved by a rollout" });
  if (errors.length > 0) throw invalidInput(errors);
}

/** True where no repeat of the plan would help. */
export const isFinal = (error: unknown): error is Refusal =>
  error instanceof Refusal && (error.kind === "invalid-input" || error.kind === "not-possible-now");
