import { Refusal } from "../errors.ts";
import { isSettledAt, type Network, type Observed } from "../model/network.ts";
import { hasEnded, withEntry } from "../model/operation.ts";
import { timestampOf } from "../model/time.ts";
import { eventOf } from "./accept-change.ts";
import { beginStep, type StepInput } from "./begin-step.ts";
import type { Dependencies } from "./dependencies.ts";
import { reachCell } from "./reach-cell.ts";
import { recordObserved } from "./record-observed.ts";
import { repeatOnConflict } from "./repeat.ts";

/** The cell holds a call this long when nothing changes. */
const POLL_MS = 20_000;

/** Waits, as long as one call may, until the cell has caught up; records what it says. The workflow asks again while not settled. */
export async function observeNetwork(deps: Dependencies, input: StepInput): Promise<{ settled: boolean }> {
  const { store, cells, clock } = deps;
  const { network, operation } = await beginStep(deps, input, "ObserveNetwork");
  const { id, generation, deleting } = network.value;
  const placement = await store.get("placement", id);
  if (!placement) {
    if (deleting) return { settled: true };
    throw new Refusal("superseded", `${id} has lost its place.`);
  }

  if (clock.now() >= Date.parse(operation.value.deadline)) throw await tooLate(deps, network.value);

  const cell = await reachCell(store, placement.value.cell);
  const observed = await cells.observe(cell, id, { generation, waitMs: POLL_MS });
  if (deleting) {
    if (observed) await recordObserved(deps, observed, placement.value.cell);
    if (observed) await noteBlockers(deps, input, observed);
    return { settled: observed === undefined };
  }
  // An agent that lost its state knows nothing of what was applied: begin again rather than wait for it.
  if (!observed)
    throw new Refusal("cell-unreachable", "The cell does not know the network any more; it is applied again.");
  await recordObserved(deps, observed, placement.value.cell);
  return { settled: isSettledAt(observed, generation) };
}

/** What holds a deletion, in its timeline: once, and again when it changes. */
async function noteBlockers(
  deps: Dependencies,
  { operation: id, attempt }: StepInput,
  observed: Observed,
): Promise<void> {
  const { store, clock } = deps;
  if (observed.blockers.length === 0) return;
  const detail = blockedBy(observed.blockers);
  await repeatOnConflict(async () => {
    const found = await store.get("operation", id);
    if (!found || hasEnded(found.value) || found.value.attempt !== attempt) return;
    const { timeline } = found.value;
    if (timeline.some((entry) => entry.step === "ObserveNetwork" && entry.detail === detail)) return;
    const at = timestampOf(clock.now());
    const value = withEntry(found.value, { at, step: "ObserveNetwork", outcome: "waiting", detail });
    const { network, org } = value;
    await store.commit([
      { write: "put", was: found.version, kind: "operation", value },
      eventOf(deps, { id: network, org }, { type: "delete.blocked", message: detail }),
    ]);
  });
}

/** R12: what was not done by its deadline says what kept it. */
async function tooLate({ store }: Dependencies, { id, deleting }: Network): Promise<Refusal> {
  const observed = (await store.get("network-status", id))?.value.observed;
  const blockers = observed?.blockers ?? [];
  const missing = observed?.conditions.find(({ status, type }) => status !== "True" && type !== "Settled");
  const why = deleting
    ? blockers.length > 0
      ? blockedBy(blockers)
      : "The cell still has it, and does not say why."
    : (missing?.message ?? "The cell has not brought it there, and does not say why.");
  return new Refusal("timed-out", why);
}

const blockedBy = (blockers: readonly string[]): string => `The deletion is held: ${blockers.join("; ")}`;
