import { isFresh } from "../model/network.ts";
import { SHARDS } from "../model/records.ts";
import { book, emptyUsage, type Meter, usageId, withBooking } from "../model/usage.ts";
import type { Change, Store } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { repeatOnConflict } from "./repeat.ts";

/** How often a network's time is booked: how old its usage may be, and how fine a change of its nodes is seen. */
export const METER_PERIOD_MS = 5 * 60_000;

/** The most that is booked at once: a change a day, and a write has 100. The rest follows in the next run. */
const MOST_MS = 60 * 86_400_000;

/** How many meters are read at once. */
const PAGE = 200;

/** Books the time of every network whose last booking is a period ago, and the last of those that are gone. */
export async function meterNetworks(deps: Dependencies): Promise<{ booked: number }> {
  const { store, clock, log } = deps;
  let booked = 0;
  for (let shard = 0; shard < SHARDS; shard++)
    for (let after: string | undefined; ; ) {
      const listed = await store.list("meters", String(shard), {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      const meters = await store.getMany(
        "meter",
        listed.map(({ id }) => id),
      );
      for (const { value } of meters) {
        if (clock.now() - Date.parse(value.upTo) < METER_PERIOD_MS) continue;
        try {
          await repeatOnConflict(() => meterNetwork(deps, value.network));
          booked += 1;
        } catch (error) {
          log("error", "usage not booked", { network: value.network, error: String(error) });
        }
      }
      if (listed.length < PAGE) break;
      after = listed.at(-1)?.sort;
    }
  return { booked };
}

async function meterNetwork({ store, clock }: Dependencies, id: string): Promise<void> {
  const known = await store.get("meter", id);
  if (!known) return;
  const { value: meter, version } = known;
  const [network, status] = await Promise.all([store.get("network", id), store.get("network-status", id)]);
  const report = status && (await store.get("cell-report", status.value.cell));
  const end = network ? clock.now() : await endOf(store, meter);
  const until = Math.min(end, Date.parse(meter.upTo) + MOST_MS);
  const isSeen = report !== undefined && isFresh(report.value.at, clock.now());
  const { meter: next, bookings } = book(meter, {
    until,
    plan: network?.value.plan ?? meter.plan,
    changedAt: network ? Date.parse(network.value.updatedAt) : until,
    nodes: network && isSeen ? status?.value.observed.nodes.online : undefined,
  });
  const name = network?.value.name ?? meter.name;

  const changes: Change[] = [
    network || until < end
      ? { write: "put", was: version, kind: "meter", value: { ...next, name } }
      : { write: "remove", kind: "meter", id, was: version },
  ];
  for (const day of new Set(bookings.map((booking) => booking.day))) {
    const before = await store.get("usage", usageId(meter.org, meter.network, day));
    const empty = emptyUsage({ ...meter, name }, day);
    const value = bookings
      .filter((booking) => booking.day === day)
      .reduce(withBooking, { ...(before?.value ?? empty), name });
    changes.push({ write: "put", was: before?.version ?? 0, kind: "usage", value });
  }
  await store.commit(changes);
}

/** When a network that is gone gave its place back: when its deletion ended. */
async function endOf(store: Store, { network, upTo }: Meter): Promise<number> {
  const [newest] = await store.list("operations-of-network", network, { limit: 1, descending: true });
  const operation = newest && (await store.get("operation", newest.id));
  return Date.parse(operation?.value.endedAt ?? upTo);
}

/** The write that begins a network's meter with its place; nothing where it has one. */
export async function beginMeter(
  store: Store,
  { id, org, name, plan }: { id: Meter["network"]; org: Meter["org"]; name: string; plan: Meter["plan"] },
  at: string,
): Promise<Change[]> {
  if (await store.get("meter", id)) return [];
  return [{ write: "put", was: 0, kind: "meter", value: { network: id, org, name, plan, upTo: at } }];
}
