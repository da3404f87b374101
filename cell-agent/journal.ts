import type { NetworkId } from "#core/model/ids.ts";
import type { CellDigest } from "#core/model/instance.ts";
import type { Observed } from "#core/model/network.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Clock } from "#core/ports.ts";
import { saysTheSame } from "./status-of.ts";

/** What was observed of each network, newest word each, in the order of change. */
export interface Journal {
  /** The newest word on a network; its time is that of this reading, once it was looked at since the agent began. */
  read(network: NetworkId): Observed | undefined;
  /** What is remembered from before: true then, not yet looked at again. */
  remember(observed: Observed): void;
  record(observed: Observed): void;
  drop(network: NetworkId): void;
  /** What changed since a cursor; everything where there is none, or where it is not one of ours. */
  since(cursor: string | undefined): Pick<CellDigest, "cursor" | "total" | "networks" | "gone">;
  /** Resolves at the next change of `network` (of any, without it), after so long, or when `signal` aborts. */
  change(options: { network?: NetworkId; milliseconds: number; signal: AbortSignal }): Promise<void>;
}

interface Entry {
  readonly at: number;
  readonly observed: Observed;
  readonly looked: boolean;
}

/** So many departures are kept; whoever asks from before the oldest is told everything. */
const DEPARTURES = 2_000;

/** `epoch` tells this run's cursors from those of another. */
export function openJournal({ clock, run }: { clock: Clock; run: string }): Journal {
  const entries = new Map<NetworkId, Entry>();
  const departures = new Map<NetworkId, number>();
  const waiters = new Set<(network: NetworkId) => void>();
  let at = 0;
  let forgottenUpTo = 0;
  let lastStamp = 0;

  /** Strictly rising, so that of two words on a network the later one always has the later time. */
  function stamped({ observed, looked }: Entry): Observed {
    if (!looked) return observed;
    lastStamp = Math.max(clock.now(), lastStamp + 1);
    return { ...observed, reportedAt: timestampOf(lastStamp) };
  }

  function put(observed: Observed, looked: boolean): void {
    const { network } = observed;
    const known = entries.get(network);
    const quiet = known !== undefined && known.looked === looked && saysTheSame(known.observed, observed);
    if (!quiet) at += 1;
    entries.set(network, { at: quiet ? known.at : at, observed, looked });
    departures.delete(network);
    if (!quiet) for (const waiter of [...waiters]) waiter(network);
  }

  return {
    read(network) {
      const entry = entries.get(network);
      return entry && stamped(entry);
    },
    remember(observed) {
      if (!entries.has(observed.network)) put(observed, false);
    },
    record: (observed) => put(observed, true),
    drop(network) {
      if (!entries.delete(network)) return;
      at += 1;
      departures.set(network, at);
      const [oldest] = departures;
      if (oldest && departures.size > DEPARTURES) {
        departures.delete(oldest[0]);
        forgottenUpTo = oldest[1];
      }
      for (const waiter of [...waiters]) waiter(network);
    },
    since(cursor) {
      const [from, text = ""] = cursor?.split(".") ?? [];
      const asked = from === run && /^\d{1,15}$/.test(text) ? Number(text) : -1;
      const after = asked >= forgottenUpTo && asked <= at ? asked : -1;
      const networks = [...entries.values()].filter((entry) => entry.at > after).sort((a, b) => a.at - b.at);
      const gone = after < 0 ? [] : [...departures].filter(([, left]) => left > after).map(([network]) => network);
      return { cursor: `${run}.${at}`, total: entries.size, networks: networks.map(stamped), gone };
    },
    async change({ network, milliseconds, signal }) {
      const timer = new AbortController();
      const waiter = (changed: NetworkId) => {
        if (network === undefined || changed === network) timer.abort();
      };
      waiters.add(waiter);
      try {
        await clock.sleep(milliseconds, AbortSignal.any([timer.signal, signal]));
      } finally {
        waiters.delete(waiter);
      }
    },
  };
}
