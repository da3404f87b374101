import type { CellId } from "../model/ids.ts";
import type { Network, Observed } from "../model/network.ts";
import { hasEnded } from "../model/operation.ts";
import { phaseNews } from "../model/reachability.ts";
import type { Change } from "../ports.ts";
import { eventOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { repeatOnConflict } from "./repeat.ts";

/**
 * Keeps what a cell said of a network, unless a newer word from that cell is kept already. Where that is news for its owner, the
 * event is in the same write, so that it is told once.
 */
export async function recordObserved(deps: Dependencies, observed: Observed, cell: CellId): Promise<void> {
  const { store } = deps;
  await repeatOnConflict(async () => {
    const known = await store.get("network-status", observed.network);
    const before = known?.value.cell === cell ? known.value : undefined;
    if (before && before.observed.reportedAt >= observed.reportedAt) return;
    // Nothing is kept of a network that is gone: its records went in one write.
    const network = await store.get("network", observed.network);
    if (!network) return;
    await store.commit([
      {
        write: "put",
        was: known?.version ?? 0,
        kind: "network-status",
        value: { ...(before ?? {}), network: observed.network, cell, observed },
      },
      { write: "check", kind: "network", id: observed.network, was: network.version },
      ...(await newsOf(deps, network.value, before?.observed, observed)),
    ]);
  });
}

/** While an operation is under way, its own events tell what becomes of the network. */
async function newsOf(
  deps: Dependencies,
  network: Network,
  before: Observed | undefined,
  after: Observed,
): Promise<Change[]> {
  const news = network.deleting ? undefined : phaseNews(network, before, after);
  if (!news) return [];
  const operation = await deps.store.get("operation", network.operation);
  return operation && hasEnded(operation.value) ? [eventOf(deps, network, news)] : [];
}
