import * as z from "zod";
import { Refusal } from "#core/errors.ts";
import type { KubeObject, ObjectRef } from "#core/model/kube-object.ts";
import type { Chance, Clock, Cluster, Log } from "#core/ports.ts";
import { SYSTEM_NAMESPACE } from "./cell.ts";
import { decideLeadership, type SeenLease } from "./decide-leadership.ts";

/** The leadership of a cell, once it is ours. */
export interface Leadership {
  /** Aborted when we must not lead any more: always before another replica may. */
  readonly lost: AbortSignal;
  /** The cluster for a leader: writes are refused from the moment that the lease is lost. */
  readonly cluster: Cluster;
  /** Gives the lease back, so that the next one need not wait. Only after the last write. */
  release(): Promise<void>;
}

export interface Timing {
  /** After so long without a renewal another replica takes over. */
  readonly durationMs: number;
  /** A leader that could not renew for so long stops. The rest is for what it has sent already. */
  readonly stopAfterMs: number;
  readonly renewEveryMs: number;
}

/** Those of Kubernetes' own controllers: an API server may be away for seconds without a change of the leader. */
const usual: Timing = { durationMs: 15_000, stopAfterMs: 10_000, renewEveryMs: 2_000 };

const leaseRef: ObjectRef = {
  ...{ apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
  ...{ name: "cell-agent", namespace: SYSTEM_NAMESPACE },
};
const LeaseSpec = z.object({ holderIdentity: z.string().default(""), leaseDurationSeconds: z.number().default(0) });

/** Waits until this replica leads; `undefined` when `signal` ends the wait. `me` is another name in each life of the process. */
export async function lead(options: {
  cluster: Cluster;
  me: string;
  clock: Clock;
  chance: Chance;
  log: Log;
  signal: AbortSignal;
  /** Milliseconds that only rise, whatever is done to the clock of the machine. */
  elapsed?: () => number;
  timing?: Timing;
}): Promise<Leadership | undefined> {
  const { cluster, me, clock, chance, log, signal, elapsed = () => performance.now(), timing = usual } = options;
  const lost = new AbortController();
  const given = new AbortController();
  let version = "";
  let seen: SeenLease | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;

  const pause = (milliseconds: number) => clock.sleep(milliseconds, AbortSignal.any([signal, given.signal]));
  const jitter = () => 0.75 + chance() / 2;

  function see(object: KubeObject | undefined): void {
    const found = object?.metadata.resourceVersion ?? "";
    if (seen && found === version) return;
    version = found;
    const { holderIdentity, leaseDurationSeconds } = LeaseSpec.parse(object?.spec ?? {});
    seen = object && { holder: holderIdentity, seenAt: elapsed(), durationMs: leaseDurationSeconds * 1000 };
  }

  async function write(holderIdentity: string): Promise<void> {
    const { apiVersion, kind, ...named } = leaseRef;
    const { durationMs } = timing;
    // From before it was sent: the others count from when they see it, which is later.
    const asked = elapsed();
    const applied = await cluster.apply({
      ...{ apiVersion, kind, metadata: { ...named, resourceVersion: version } },
      spec: {
        holderIdentity,
        leaseDurationSeconds: Math.ceil(durationMs / 1000),
        renewTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
      },
    });
    see(applied);
    renewedAt = asked;
  }

  /** Answers how long another one may still lead. */
  async function attempt(): Promise<number> {
    try {
      see(await cluster.get(leaseRef));
      const decision = decideLeadership(seen, me, elapsed());
      if (decision.do === "wait") return decision.forMs;
      await write(me);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const passes = error.kind === "unavailable" || error.kind === "conflict";
      log(passes ? "info" : "warn", "the lease was not written", { why: error.message });
    }
    return Number.POSITIVE_INFINITY;
  }

  const mayLead = () => !lost.signal.aborted && elapsed() < renewedAt + timing.stopAfterMs;

  async function keep(): Promise<void> {
    while (!given.signal.aborted && mayLead()) {
      await pause(timing.renewEveryMs * jitter());
      if (given.signal.aborted) return;
      await attempt();
      if (seen && seen.holder !== me) return lost.abort();
    }
    if (!given.signal.aborted) lost.abort();
  }

  // A call to a server that hangs must not outlast the lease.
  function watchTheTime(): void {
    const timer = setInterval(() => mayLead() || lost.abort(), Math.max(5, timing.stopAfterMs / 20));
    const stop = () => clearInterval(timer);
    for (const ended of [lost.signal, given.signal]) ended.addEventListener("abort", stop, { once: true });
  }

  while (!signal.aborted) {
    const leftMs = await attempt();
    if (seen?.holder === me && mayLead()) break;
    // More often than a leader renews: one that ended well has left nobody to lead.
    await pause(Math.min((timing.renewEveryMs / 2) * jitter(), leftMs));
  }
  if (signal.aborted && seen?.holder !== me) return undefined;
  watchTheTime();
  const kept = keep().catch((error: unknown) => {
    log("error", "the lease is not kept any more", { why: String(error) });
    lost.abort();
  });
  return {
    lost: lost.signal,
    cluster: onlyWhile(() => mayLead() && !given.signal.aborted, cluster),
    async release() {
      given.abort();
      await kept;
      if (mayLead()) await write("");
    },
  };
}

/** Asks before each write, in the same turn in which it is sent: a process that slept through its lease writes nothing when it wakes. */
function onlyWhile(mayLead: () => boolean, cluster: Cluster): Cluster {
  const guarded =
    <A extends unknown[], R>(write: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      if (!mayLead()) throw new Refusal("unavailable", "This replica does not lead any more.");
      return write(...given);
    };
  return {
    ...cluster,
    apply: guarded(cluster.apply),
    updateStatus: guarded(cluster.updateStatus),
    remove: guarded(cluster.remove),
    removeFinalizer: guarded(cluster.removeFinalizer),
  };
}
