import type { NetworkId, RolloutId } from "../../model/ids.ts";
import type { Network, NetworkStatus } from "../../model/network.ts";
import type { Operation } from "../../model/operation.ts";
import { type RecordKind, type RecordOf, recordKinds } from "../../model/records.ts";
import { releaseOf } from "../../model/release/resolve-release.ts";
import { holdSeenBy } from "../../model/rollout/hold.ts";
import { rolloutHasEnded } from "../../model/rollout/rollout.ts";
import type { Report, Sighting } from "../../model/rollout/sighting.ts";
import type { Store } from "../../ports.ts";

/** How many records are asked for at once. */
const AT_ONCE = 500;

/**
 * What is known of networks, as one rollout sees them. Those that are gone, going, or in no cell yet are left out. A plan is made of
 * what is `asked` alone: how networks fare is not read for it, which is most of what there is to read of a large fleet.
 */
export async function sightNetworks(
  store: Store,
  ids: readonly NetworkId[],
  viewer?: RolloutId,
  what: "asked" | "everything" = "everything",
): Promise<Map<NetworkId, Sighting>> {
  const [networks, placements, statuses, holds] = await Promise.all([
    readAll(store, "network", ids),
    readAll(store, "placement", ids),
    readAll(store, "network-status", what === "everything" ? ids : []),
    readAll(store, "rollout-hold", ids),
  ]);
  const [operations, cells, reports, holders] = await Promise.all([
    readAll(store, "operation", what === "everything" ? distinct(networks, ({ operation }) => operation) : []),
    readAll(
      store,
      "cell",
      distinct(placements, ({ cell }) => cell),
    ),
    readAll(
      store,
      "cell-report",
      distinct(placements, ({ cell }) => cell),
    ),
    readAll(
      store,
      "rollout",
      distinct(holds, ({ rollout }) => rollout),
    ),
  ]);
  const seen = new Map<NetworkId, Sighting>();
  for (const [id, network] of networks) {
    const placement = placements.get(id);
    const cell = placement && cells.get(placement.cell);
    if (!cell || network.deleting) continue;
    const hold = holds.get(id);
    const holder = hold && holders.get(hold.rollout);
    const digest = reports.get(cell.id);
    seen.set(network.id, {
      network: network.id,
      org: network.org,
      cell: cell.id,
      region: network.region,
      channel: network.channel,
      plan: network.plan,
      labels: network.labels,
      generation: network.generation,
      intent: { release: releaseOf(network), settings: network.settings, cell: cell.id },
      pinned: network.release !== null,
      window: network.window,
      deferredUntil: null,
      cellState: {
        reportedAt: digest ? Date.parse(digest.at) : null,
        held: digest?.held ?? whyPaused(statuses.get(id), cell.id),
        ...(digest ? { agent: digest.agent } : {}),
      },
      report: digest && reportOf(statuses.get(id), cell.id, digest.at),
      gaveUp: gaveUp(operations.get(network.operation), network),
      hold: holdSeenBy(viewer, hold, !holder || rolloutHasEnded(holder)),
    });
  }
  return seen;
}

/** An operator on site may also have paused the one network. */
const whyPaused = (status: NetworkStatus | undefined, cell: string): string | null =>
  (status?.cell === cell &&
    status.observed.conditions.find(({ type, status: said }) => type === "Paused" && said === "True")?.message) ||
  null;

/** What the cell said last still holds at its newest digest, which came by our clock. */
function reportOf(status: NetworkStatus | undefined, cell: string, digestAt: string): Report | undefined {
  if (!status || status.cell !== cell) return undefined;
  const { observedGeneration, phase, release, nodes, conditions } = status.observed;
  const wrong = conditions.filter(({ status: said }) => said !== "True");
  const excerpt = wrong.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  return {
    ...{ observedGeneration, phase, release, receivedAt: Date.parse(digestAt), nodesOnline: nodes.online, excerpt },
    ...(wrong[0] ? { message: wrong[0].message } : {}),
    ...(nodes.edges ? { edges: nodes.edges } : {}),
  };
}

const gaveUp = (operation: Operation | undefined, { generation }: Network): Sighting["gaveUp"] =>
  operation?.state === "failed" && operation.generation === generation
    ? { generation, message: operation.error?.detail ?? "the operation failed" }
    : undefined;

const distinct = <T>(records: ReadonlyMap<string, T>, idOf: (record: T) => string): string[] => [
  ...new Set([...records.values()].map(idOf)),
];

async function readAll<K extends RecordKind>(
  store: Store,
  kind: K,
  ids: readonly string[],
): Promise<Map<string, RecordOf<K>>> {
  const found = new Map<string, RecordOf<K>>();
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const part = ids.slice(at, at + AT_ONCE);
    const records = await store.getMany(kind, part);
    for (const { value } of records) found.set(keyOf(kind, value), value);
  }
  return found;
}

const keyOf = <K extends RecordKind>(kind: K, value: RecordOf<K>): string =>
  (recordKinds[kind].idOf as (record: RecordOf<K>) => string)(value);
