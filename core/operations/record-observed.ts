import type { CellId } from "../model/ids.ts";
import type { Observed } from "../model/network.ts";
import type { Store } from "../ports.ts";
import { repeatOnConflict } from "./repeat.ts";

/** Keeps what a cell said of a network, unless a newer word from that cell is kept already. */
export async function recordObserved(store: Store, observed: Observed, cell: CellId): Promise<void> {
  await repeatOnConflict(async () => {
    const known = await store.get("network-status", observed.network);
    if (known && known.value.cell === cell && known.value.observed.reportedAt >= observed.reportedAt) return;
    // Nothing is kept of a network that is gone: its records went in one write.
    const network = await store.get("network", observed.network);
    if (!network) return;
    await store.commit([
      {
        write: "put",
        was: known?.version ?? 0,
        kind: "network-status",
        value: { network: observed.network, cell, observed },
      },
      { write: "check", kind: "network", id: observed.network, was: network.version },
    ]);
  });
}
