import { canonicalJson } from "./canonical.ts";
import { mergePatch } from "./merge-patch.ts";
import { type Network, NetworkSpec } from "./network.ts";
import { invalidInput, parse } from "./parse.ts";

/** What its owner asks for, without what the system adds. */
export function specOf(network: Network): NetworkSpec {
  const { id, org, generation, deleting, resolvedRelease, rotation, operation, createdAt, updatedAt, ...spec } =
    network;
  return spec;
}

/**
 * What a merge patch makes of a network, or undefined where it changes nothing. A `null` gives a field its default again. Refuses
 * with `invalid-input` where the result would not be valid, and what cannot be changed in place.
 */
export function changeNetwork(network: Network, patch: unknown): NetworkSpec | undefined {
  const before = specOf(network);
  const after = parse(NetworkSpec, mergePatch(before, patch));
  if (after.region !== before.region)
    throw invalidInput([{ path: "region", message: "cannot be changed: create a network in the other region" }]);
  return canonicalJson(after) === canonicalJson(before) ? undefined : after;
}
