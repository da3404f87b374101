import type { CellId } from "../model/ids.ts";
import type { NetworkStatus } from "../model/network.ts";
import { isDoubtful, outsideNews, toProbe } from "../model/reachability.ts";
import { isExpectedToRun } from "../model/silence.ts";
import { timestampOf } from "../model/time.ts";
import { eventOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { repeatOnConflict } from "./repeat.ts";

/** How many of a cell's healthy networks are looked at in one round, and how many doubtful ones at most. */
const SAMPLE = 3;
const MOST_DOUBTFUL = 20;

/** How long a round lasts: looking twice within one looks at the same. */
const ROUND_MS = 60_000;

/** How many records are read at once. */
const PAGE = 200;

/**
 * Looks at some of a cell's networks from outside: every doubtful one and a rotating sample of the others. What is met is shown
 * with their status, and their owners are told when it changes.
 */
export async function probeCell(deps: Dependencies, id: CellId): Promise<{ probed: number }> {
  const { store, clock } = deps;
  const natsCaPem = (await store.get("cell", id))?.value.membership?.natsCaPem;
  const reportAt = (await store.get("cell-report", id))?.value.at;
  const now = clock.now();
  const statuses = await readStatuses(deps, id);
  const chosen = toProbe(statuses, (status) => isDoubtful(status, reportAt, now), {
    round: Math.floor(now / ROUND_MS),
    sample: SAMPLE,
    most: MOST_DOUBTFUL,
  });
  await Promise.all(chosen.map((status) => probe(deps, status, natsCaPem)));
  return { probed: chosen.length };
}

async function probe(deps: Dependencies, status: NetworkStatus, natsCaPem: string | undefined): Promise<void> {
  const { endpoints } = status.observed;
  if (!endpoints) return;
  const { store, clock } = deps;
  const met = await deps.probe.knock(endpoints, natsCaPem);
  const outside = { ...met, checkedAt: timestampOf(clock.now()) };
  await repeatOnConflict(async () => {
    const known = await store.get("network-status", status.network);
    const network = await store.get("network", status.network);
    if (!known || !network || network.value.deleting) return;
    const news = outsideNews(network.value.name, known.value.outside, outside);
    await store.commit([
      { write: "put", was: known.version, kind: "network-status", value: { ...known.value, outside } },
      { write: "check", kind: "network", id: status.network, was: network.version },
      ...(news ? [eventOf(deps, network.value, news)] : []),
    ]);
  });
}

/** On its way up, down or to another release, its doors open and close: that is no news. */
const isUp = ({ observed: { phase } }: NetworkStatus): boolean => phase === "ready" || phase === "degraded";

/** What is known of those networks of a cell whose owners take for granted that they run. */
async function readStatuses({ store }: Dependencies, cell: CellId): Promise<NetworkStatus[]> {
  const statuses: NetworkStatus[] = [];
  for (let after: string | undefined; ; ) {
    const listed = await store.list("networks-of-cell", cell, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    const ids = listed.map(({ id }) => id);
    const networks = new Map((await store.getMany("network", ids)).map(({ value }) => [value.id, value]));
    for (const { value: status } of await store.getMany("network-status", ids)) {
      const network = networks.get(status.network);
      const hasDoors = status.cell === cell && status.observed.endpoints !== null && isUp(status);
      if (network && hasDoors && isExpectedToRun(network, status)) statuses.push(status);
    }
    if (listed.length < PAGE) return statuses;
    after = listed.at(-1)?.sort;
  }
}
