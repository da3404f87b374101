import { Refusal } from "#core/errors.ts";
import { type CellDigest, type CellOrder, compareFences, type InstanceSpec } from "#core/model/instance.ts";
import type { Observed } from "#core/model/network.ts";
import type { CellAddress, Cells } from "#core/ports.ts";

/** Cells in memory, for tests of what is above them. Networks become ready at once unless told otherwise. */
export interface MemoryCells extends Cells {
  /** What is in a cell now. */
  in(cell: string): ReadonlyMap<string, Observed>;
  /** Every order that was taken for a network, oldest first. */
  orders(network: string): readonly CellOrder[];
  /** The calls of report and list since this was asked last. */
  calls(): string[];
  /** From now on the cell says this of a network. */
  say(cell: string, observed: Observed): void;
  /** The cell forgets a network, as if somebody had wiped it. */
  lose(cell: string, network: string): void;
  /** From now on these hold a network's deletion, until given undefined. */
  block(network: string, blockers: readonly string[] | undefined): void;
  /** From now on every call to the cell fails with this, until given undefined. */
  fail(cell: string, refusal: Refusal | undefined): void;
  /** From now on new generations stay in provisioning, until let go. */
  hold(): void;
  letGo(): void;
}

export function memoryCells(now: () => number): MemoryCells {
  const contents = new Map<string, Map<string, Observed>>();
  const failures = new Map<string, Refusal>();
  const specs = new Map<string, InstanceSpec>();
  const epochs = new Map<string, number>();
  const orders = new Map<string, CellOrder[]>();
  const calls: string[] = [];
  let held = false;

  const of = (cell: string) => {
    const found = contents.get(cell) ?? new Map<string, Observed>();
    contents.set(cell, found);
    return found;
  };
  const reach = ({ id }: CellAddress) => {
    const failure = failures.get(id);
    if (failure) throw failure;
    return of(id);
  };
  const stuck = new Map<string, readonly string[]>();
  const deleting = (observed: Observed, blockers: readonly string[]): Observed => ({
    ...observed,
    phase: "deleting",
    blockers: [...blockers],
    reportedAt: new Date(now()).toISOString(),
  });
  const settled = (observed: Observed): Observed => ({
    ...observed,
    observedGeneration: observed.generation,
    phase: "ready",
    reportedAt: new Date(now()).toISOString(),
  });

  return {
    async apply(cell, network, order) {
      const known = reach(cell).get(network);
      if (known && compareFences(order, known) < 0) throw new Refusal("stale-generation", "A newer order was seen.");
      const observed: Observed = {
        network,
        epoch: order.epoch,
        generation: order.generation,
        observedGeneration: known?.observedGeneration ?? 0,
        phase: "provisioning",
        release: order.spec.release,
        endpoints: { api: `http://127.0.0.1/${network}`, nats: "tls://127.0.0.1:4222" },
        conditions: [],
        nodes: { online: 0, total: 0 },
        reachable: { api: !held, nats: !held, checkedAt: null },
        blockers: [],
        reportedAt: new Date(now()).toISOString(),
      };
      const stored = held ? observed : settled(observed);
      of(cell.id).set(network, stored);
      specs.set(network, order.spec);
      orders.set(network, [...(orders.get(network) ?? []), order]);
      return stored;
    },
    async observe(cell, network) {
      const known = reach(cell).get(network);
      if (known && known.phase !== "ready") await new Promise((resolve) => setTimeout(resolve, 20));
      return reach(cell).get(network);
    },
    async remove(cell, network, fence) {
      const known = reach(cell).get(network);
      if (known && compareFences(fence, known) < 0) throw new Refusal("stale-generation", "A newer order was seen.");
      const blockers = stuck.get(network);
      if (known && blockers) of(cell.id).set(network, deleting(known, blockers));
      else of(cell.id).delete(network);
    },
    async list(cell) {
      calls.push(`list ${cell.id}`);
      return [...reach(cell).values()].map(({ network, epoch, generation, observedGeneration }) => ({
        id: network,
        epoch,
        generation,
        observed: observedGeneration,
        hash: "",
        spec: specs.get(network),
      }));
    },
    async raiseEpoch(cell, epoch) {
      reach(cell);
      epochs.set(cell.id, Math.max(epoch, epochs.get(cell.id) ?? 0));
    },
    async pinKeys(cell, keys) {
      reach(cell);
      calls.push(`pin ${cell.id} ${keys.signingKeys.map(({ kid }) => kid).join(" ")}`);
    },
    async report(cell): Promise<CellDigest> {
      calls.push(`report ${cell.id}`);
      const networks = [...reach(cell).values()];
      const at = new Date(now()).toISOString();
      return {
        cursor: at,
        at,
        agent: "test",
        epoch: epochs.get(cell.id) ?? 1,
        capacity: { networks: null },
        total: networks.length,
        networks,
        gone: [],
      };
    },
    in: of,
    orders: (network) => orders.get(network) ?? [],
    calls: () => calls.splice(0),
    say(cell, observed) {
      of(cell).set(observed.network, { ...observed, reportedAt: new Date(now()).toISOString() });
    },
    lose: (cell, network) => void of(cell).delete(network),
    block(network, blockers) {
      if (blockers) stuck.set(network, blockers);
      else stuck.delete(network);
    },
    fail(cell, refusal) {
      if (refusal) failures.set(cell, refusal);
      else failures.delete(cell);
    },
    hold() {
      held = true;
    },
    letGo() {
      held = false;
      for (const cell of contents.values()) for (const [id, observed] of cell) cell.set(id, settled(observed));
    },
  };
}
