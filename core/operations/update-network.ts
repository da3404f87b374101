import { Refusal } from "../errors.ts";
import type { Network } from "../model/network.ts";
import { changeNetwork, specOf } from "../model/network-change.ts";
import type { Caller } from "../model/organization.ts";
import { releaseOf, resolveChange } from "../model/release/resolve-release.ts";
import type { Change } from "../ports.ts";
import { changeIntent, expectNotDeleting } from "./change-intent.ts";
import { type Accepted, nameClaim } from "./create-network.ts";
import type { Dependencies } from "./dependencies.ts";
import { readReleases, releasesFor } from "./find-release.ts";

/** PATCH /v1/networks/{net}: a merge patch of what its owner asks for. One that changes nothing makes no new generation. */
export const updateNetwork = (
  deps: Dependencies,
  caller: Caller,
  { patch, ...which }: { id: string; ifMatch: string | undefined; patch: unknown },
): Promise<Accepted> =>
  changeIntent(deps, caller, which, async (network) => {
    expectNotDeleting(network);
    const spec = changeNetwork(network, patch);
    if (!spec) return undefined;
    const from = releaseOf(network);
    const to = spec.release ?? from;
    const releases = await (to === from ? releasesFor(deps.store, to) : readReleases(deps.store));
    const resolved = resolveChange(network, spec, releases);
    const fields = Object.keys(spec).filter((field) => changed(specOf(network), spec, field as keyof typeof spec));
    return {
      kind: "update",
      to: { ...spec, ...resolved },
      message: `${caller.actor} changed ${fields.join(", ")}.${moved(network, resolved)}`,
      changes: spec.name === network.name ? [] : await renamed(deps, network, spec.name),
    };
  });

const moved = (before: Network, { resolvedRelease: to }: Pick<Network, "resolvedRelease">): string =>
  to === undefined || to === releaseOf(before) ? "" : ` It goes from ${releaseOf(before)} to ${to}.`;

const changed = <T>(before: T, after: T, field: keyof T): boolean =>
  JSON.stringify(before[field]) !== JSON.stringify(after[field]);

/** The writes that move the claim on a name. */
export async function renamed(
  { store }: Dependencies,
  { id, org, name }: { id: string; org: string; name: string },
  to: string,
): Promise<Change[]> {
  if (await store.get("claim", nameClaim(org, to)))
    throw new Refusal("name-taken", `There is a network ${to} already. Choose another name.`);
  const old = await store.get("claim", nameClaim(org, name));
  return [
    { write: "put", was: 0, kind: "claim", value: { id: nameClaim(org, to), owner: id } },
    ...(old ? [{ write: "remove", kind: "claim", id: nameClaim(org, name), was: old.version } as const] : []),
  ];
}
