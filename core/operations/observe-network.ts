import { Refusal } from "../errors.ts";
import { isSettledAt } from "../model/network.ts";
import { beginStep, type StepInput } from "./begin-step.ts";
import type { Dependencies } from "./dependencies.ts";
import { reachCell } from "./reach-cell.ts";
import { recordObserved } from "./record-observed.ts";

/** The cell holds a call this long when nothing changes. */
const POLL_MS = 20_000;

/** Waits, as long as one call may, until the cell has caught up; records what it says. The workflow asks again while not settled. */
export async function observeNetwork(deps: Dependencies, input: StepInput): Promise<{ settled: boolean }> {
  const { store, cells } = deps;
  const { network } = await beginStep(deps, input, "ObserveNetwork");
  const { id, generation, deleting } = network.value;
  const placement = await store.get("placement", id);
  if (!placement) {
    if (deleting) return { settled: true };
    throw new Refusal("superseded", `${id} has lost its place.`);
  }

  const cell = await reachCell(store, placement.value.cell);
  const observed = await cells.observe(cell, id, { generation, waitMs: POLL_MS });
  if (deleting) {
    if (observed) await recordObserved(deps, observed, placement.value.cell);
    return { settled: observed === undefined };
  }
  // An agent that lost its state knows nothing of what was applied: begin again rather than wait for it.
  if (!observed)
    throw new Refusal("cell-unreachable", "The cell does not know the network any more; it is applied again.");
  await recordObserved(deps, observed, placement.value.cell);
  return { settled: isSettledAt(observed, generation) };
}
