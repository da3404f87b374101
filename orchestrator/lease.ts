import type { Clock, KvBucket } from "#core/ports.ts";

/** How often the leader shows that it lives, and after how long without that another takes over. */
const RENEW_MS = 1_000;
const TAKE_OVER_MS = 3_000;
const KEY = "leader";

/** Which of the orchestrators of this network, two while one is being replaced, writes and answers for nodes. */
export interface Lease {
  isLeader(): boolean;
  onLeader(act: () => void): void;
  /** Hands it on at once. */
  release(): Promise<void>;
}

/**
 * Held by rewriting one key, each time on the condition of our own last write. Who waits watches the key's revision against
 * its own clock, so that clocks of two machines are never compared. A key that is removed is up for taking at once.
 */
export async function holdLease(bucket: KvBucket, holder: string, clock: Clock): Promise<Lease> {
  const ended = new AbortController();
  const listeners = new Set<() => void>();
  let revision: number | undefined;
  let renewedAt = 0;
  let seen = { revision: 0, at: clock.now() };

  const won = (taken: number) => {
    const first = revision === undefined;
    revision = taken;
    renewedAt = clock.now();
    if (first) for (const act of listeners) act();
  };
  const attempt = async (): Promise<void> => {
    try {
      if (revision !== undefined) return won(await bucket.replace(KEY, holder, revision));
      const entry = await bucket.get(KEY);
      if (!entry) return won(await bucket.create(KEY, holder));
      if (entry.revision !== seen.revision) seen = { revision: entry.revision, at: clock.now() };
      else if (clock.now() - seen.at >= TAKE_OVER_MS) won(await bucket.replace(KEY, holder, entry.revision));
    } catch {
      // Somebody was faster, or the broker is away. In doubt we do not lead.
      if (clock.now() - renewedAt >= TAKE_OVER_MS) revision = undefined;
    }
  };

  await attempt();
  const stop = await bucket.watch(({ value, revision: at }) => {
    if (value === undefined && revision === undefined && !ended.signal.aborted) void attempt();
    if (value !== undefined && value !== holder && revision !== undefined && at > revision) revision = undefined;
  });
  const turning = (async () => {
    while (!ended.signal.aborted) {
      await clock.sleep(RENEW_MS, ended.signal);
      if (!ended.signal.aborted) await attempt();
    }
  })();

  return {
    isLeader: () => revision !== undefined,
    onLeader: (act) => void listeners.add(act),
    async release() {
      ended.abort();
      stop();
      await turning;
      if (revision === undefined) return;
      revision = undefined;
      await bucket.remove(KEY).catch(() => undefined);
    },
  };
}
