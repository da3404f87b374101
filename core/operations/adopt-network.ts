import { placesOf, siblingsOf } from "../model/cell.ts";
import type { CellId, NetworkId } from "../model/ids.ts";
import type { InstanceSpec, InstanceSummary } from "../model/instance.ts";
import { type Network, NetworkSpec } from "../model/network.ts";
import { quotaCounter } from "../model/quota.ts";
import { timestampOf } from "../model/time.ts";
import type { Change, Store } from "../ports.ts";
import { acceptChange } from "./accept-change.ts";
import { changeIntent } from "./change-intent.ts";
import { nameClaim } from "./create-network.ts";
import type { Dependencies } from "./dependencies.ts";
import { beginMeter } from "./meter-networks.ts";
import { repeatOnConflict } from "./repeat.ts";
import { surveyCaller } from "./survey-caller.ts";
import { renamed } from "./update-network.ts";

/**
 * Makes the records of a network that runs in a cell and that nobody knows any more, from what the cell says of it. Counts against
 * the cell's places and the quota, but is never refused for them: it runs already.
 */
export async function adoptNetwork(deps: Dependencies, summary: InstanceSummary, cell: CellId): Promise<void> {
  const { store, ids, clock } = deps;
  const { id, spec, generation } = summary;
  if (!spec) return;
  await repeatOnConflict(async () => {
    const home = await store.get("cell", cell);
    const organization = await store.get("organization", spec.org);
    if (!home || !organization || (await store.get("network", id))) return;
    const now = timestampOf(clock.now());
    const name = await freeName(store, spec, id);
    const network: Network = {
      ...NetworkSpec.parse({ name, region: home.value.region }),
      ...wantedOf(spec),
      ...rotationOf(spec),
      id,
      org: spec.org,
      generation: generation + 1,
      deleting: false,
      operation: ids.next("op"),
      createdAt: now,
      updatedAt: now,
    };
    const { changes } = acceptChange(deps, surveyCaller(spec.org), {
      kind: "create",
      before: undefined,
      after: network,
      older: undefined,
      message: `${name} was found running in its cell and taken over from there.`,
    });
    await store.commit([
      { write: "put", was: 0, kind: "claim", value: { id: nameClaim(spec.org, name), owner: id } },
      ...changes,
      ...placing(network, cell, now),
      ...(await beginMeter(store, network, now)),
      { write: "count", counter: quotaCounter("networks", spec.org), by: 1 },
      { write: "check", kind: "cell", id: cell, was: home.version },
      { write: "check", kind: "organization", id: spec.org, was: organization.version },
    ]);
  });
}

/** Gives a network that intent has without a place the place where it runs. */
export async function placeWhereItRuns({ store, clock }: Dependencies, id: NetworkId, cell: CellId): Promise<void> {
  await repeatOnConflict(async () => {
    const network = await store.get("network", id);
    if (!network || (await store.get("placement", id))) return;
    const now = timestampOf(clock.now());
    await store.commit([
      ...placing(network.value, cell, now),
      ...(await beginMeter(store, network.value, now)),
      { write: "check", kind: "network", id, was: network.version },
    ]);
  });
}

/** Makes intent of what a cell has at a generation that intent never gave; whatever was under way is superseded. */
export async function takeOver(
  deps: Dependencies,
  { id, generation, spec }: InstanceSummary,
  why: string,
): Promise<void> {
  if (!spec) return;
  await changeIntent(deps, surveyCaller(spec.org), { id, ifMatch: "*" }, async (now) => {
    if (now.generation > generation || now.deleting) return undefined;
    const taken = await deps.store.get("claim", nameClaim(now.org, spec.name));
    const name = taken ? now.name : spec.name;
    return {
      kind: "update",
      to: { name, ...wantedOf(spec), ...rotationOf(spec), release: now.release === null ? null : spec.release },
      above: generation,
      message: `It was taken over from its cell: ${why}.`,
      changes: name === now.name ? [] : await renamed(deps, now, name),
    };
  });
}

/** The cell's secrets are that far, so the next rotation must be counted from there. */
const rotationOf = ({ rotation }: InstanceSpec): Pick<Network, "rotation"> => (rotation ? { rotation } : {});

/** What of an instance is its owner's wish, and the release it runs. */
const wantedOf = ({
  plan,
  settings,
  release,
}: InstanceSpec): Pick<Network, "plan" | "settings" | "resolvedRelease"> => ({
  plan,
  settings,
  resolvedRelease: release,
});

const placing = ({ id, org }: Pick<Network, "id" | "org">, cell: CellId, at: string): Change[] => [
  { write: "put", was: 0, kind: "placement", value: { network: id, cell, at, reasons: ["it runs there already"] } },
  { write: "count", counter: placesOf(cell), by: 1 },
  { write: "count", counter: siblingsOf(cell, org), by: 1 },
];

/** Its own name, or where another network has that by now, with the end of its id. */
async function freeName(store: Store, { org, name }: InstanceSpec, id: NetworkId): Promise<string> {
  const taken = await store.get("claim", nameClaim(org, name));
  return taken ? `${name.slice(0, 54)}-${id.slice(-8)}` : name;
}
