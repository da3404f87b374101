import type { Clock } from "#core/ports.ts";
import type { Ownership } from "./ownership.ts";

/** So often an object is repaired at once. */
const AT_ONCE = 3;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
/** Whoever has let it be for so long starts anew. */
const FORGIVEN_MS = 5 * 60_000;

/** How long after the last of so many repairs the next one may be. */
export const waitAfter = (repairs: number): number =>
  repairs < AT_ONCE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(repairs - AT_ONCE, 20));

interface Repaired {
  count: number;
  last: number;
}

/** What the agent repaired of each network, so that neither a stranger who insists nor a cluster that normalises keeps it busy. */
export interface Repairs {
  /** Milliseconds until this object may be repaired again; 0: now. */
  waitFor(instance: string, ref: string): number;
  repaired(instance: string, ref: string): void;
  /** An apply of ours has left this behind. */
  accept(instance: string, ref: string, ownership: Ownership): void;
  isAccepted(instance: string, ref: string, ownership: Ownership): boolean;
  forget(instance: string): void;
}

export function keepRepairs(clock: Pick<Clock, "now">): Repairs {
  const repairs = new Map<string, Map<string, Repaired>>();
  const accepted = new Map<string, Map<string, Ownership>>();

  function of(instance: string, ref: string): Repaired | undefined {
    const found = repairs.get(instance)?.get(ref);
    return found && clock.now() - found.last < FORGIVEN_MS ? found : undefined;
  }
  return {
    waitFor(instance, ref) {
      const found = of(instance, ref);
      return found ? Math.max(0, found.last + waitAfter(found.count) - clock.now()) : 0;
    },
    repaired(instance, ref) {
      const count = (of(instance, ref)?.count ?? 0) + 1;
      within(repairs, instance).set(ref, { count, last: clock.now() });
    },
    accept: (instance, ref, ownership) => void within(accepted, instance).set(ref, ownership),
    isAccepted: (instance, ref, ownership) => accepted.get(instance)?.get(ref) === ownership,
    forget(instance) {
      repairs.delete(instance);
      accepted.delete(instance);
    },
  };
}

function within<T>(all: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = all.get(key) ?? new Map<string, T>();
  all.set(key, found);
  return found;
}
