import { setTimeout as sleep } from "node:timers/promises";
import { DiscardPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { type KV, Kvm, type KvEntry as StoredEntry } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { Refusal } from "#core/errors.ts";
import type { BucketSettings, Bus, KvBucket, KvChange, KvEntry, Stop, StreamSettings } from "#core/ports.ts";

/** JetStream's own codes. */
const WRONG_LAST_SEQUENCE = 10071;
const STREAM_NOT_FOUND = 10059;
/** How long to wait before a watch is started over once more. */
const FOLLOW_AGAIN_MS = 200;
const NANOSECONDS_PER_MS = 1_000_000;

type Attempt = <T>(act: () => Promise<T>) => Promise<T>;

/** A `Bus` over one connection, that is: over one account. */
export function natsBus(connection: NatsConnection): Bus {
  const reconnects = new Set<() => void>();
  let connected = true;
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") connected = false;
      if (type !== "reconnect") continue;
      connected = true;
      for (const act of reconnects) act();
    }
    connected = false;
  })();

  /** While the broker is away nothing waits for it: who asks is told to try again, at once. */
  const attempt: Attempt = async (act) => {
    if (!connected) throw away();
    return translated(act);
  };
  const streams = jetstream(connection);
  const kvm = new Kvm(streams);
  const manager = () => jetstreamManager(connection, { checkAPI: false });
  const removeStream = (name: string) =>
    attempt(async () => {
      try {
        await (await manager()).streams.delete(name);
      } catch (error) {
        if (codeOf(error) !== STREAM_NOT_FOUND) throw error;
      }
    });

  return {
    bucket: (name, settings = {}) =>
      attempt(async () =>
        kvBucket(await kvm.create(name, bucketOptions(settings)), attempt, (act) => reconnects.add(act)),
      ),
    removeBucket: (name) => removeStream(`KV_${name}`),
    stream: (name, settings) =>
      attempt(async () => {
        const { streams } = await manager();
        try {
          await streams.info(name);
        } catch (error) {
          if (codeOf(error) !== STREAM_NOT_FOUND) throw error;
          await streams.add({ name, ...streamConfig(settings) });
        }
      }),
    removeStream,
    append: (subject, data) => attempt(async () => void (await streams.publish(subject, data))),
    publish: (subject, data) => connection.publish(subject, data),
    request: (subject, data, timeout) =>
      attempt(async () => (await connection.request(subject, data, { timeout })).string()),
    subscribe(subject, onMessage) {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (!error)
            onMessage({
              subject: message.subject,
              data: message.string(),
              reply: (data) => void message.respond(data),
            });
        },
      });
      return () => subscription.unsubscribe();
    },
    flush: () => attempt(() => connection.flush()),
    isConnected: () => connected && !connection.isClosed(),
    onReconnect: (act) => void reconnects.add(act),
    close: () => connection.close(),
  };
}

const bucketOptions = ({ history = 1, maxValueBytes, ttlMs }: BucketSettings) => ({
  history,
  storage: StorageType.File,
  allow_direct: true,
  ...(maxValueBytes === undefined ? {} : { maxValueSize: maxValueBytes }),
  ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
});

const streamConfig = (settings: StreamSettings) => ({
  subjects: [...settings.subjects],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: settings.maxAgeMs * NANOSECONDS_PER_MS,
  ...(settings.maxBytes === undefined ? {} : { max_bytes: settings.maxBytes }),
  ...(settings.appendOnly ? { deny_delete: true, deny_purge: true } : {}),
  ...(settings.noAck ? { no_ack: true } : {}),
  ...(settings.duplicateWindowMs === undefined
    ? {}
    : { duplicate_window: settings.duplicateWindowMs * NANOSECONDS_PER_MS }),
});

function kvBucket(kv: KV, attempt: Attempt, onReconnect: (act: () => void) => void): KvBucket {
  return {
    get: (key) => attempt(async () => present(await kv.get(key))),
    create: (key, value) => attempt(() => kv.create(key, value)),
    replace: (key, value, revision) => attempt(() => kv.update(key, value, revision)),
    put: (key, value) => attempt(() => kv.put(key, value)),
    remove: (key) => attempt(() => kv.purge(key)),
    entries: () =>
      attempt(async () => {
        const found = new Map<string, KvEntry>();
        const stop = await follow(kv, ({ key, value, revision }) => {
          if (value === undefined) found.delete(key);
          else found.set(key, { key, value, revision });
        });
        stop();
        return [...found.values()];
      }),
    watch: (onChange) =>
      attempt(async () => {
        let stopped = false;
        let stop = await follow(kv, onChange);
        let following = Promise.resolve();
        onReconnect(() => {
          stop();
          following = following.then(again);
        });
        /** A broker that has just started answers before its streams do. */
        const again = async (): Promise<void> => {
          while (!stopped) {
            const next = await attempt(() => follow(kv, onChange)).catch(() => undefined);
            if (!next) await sleep(FOLLOW_AGAIN_MS);
            else if (stopped) return next();
            else {
              stop = next;
              return;
            }
          }
        };
        return () => {
          stopped = true;
          stop();
        };
      }),
  };
}

/** Tells of every key, then of every change. Resolves once all that was there is told. */
async function follow(kv: KV, onChange: (change: KvChange) => void): Promise<Stop> {
  const { values } = await kv.status();
  const changes = await kv.watch();
  const whole = Promise.withResolvers<void>();
  if (values === 0) whole.resolve();
  void (async () => {
    for await (const entry of changes) {
      const value = present(entry)?.value;
      onChange({ key: entry.key, revision: entry.revision, value });
      if (entry.isUpdate || entry.delta === 0) whole.resolve();
    }
    whole.resolve();
  })();
  await whole.promise;
  return () => changes.stop();
}

const present = (entry: StoredEntry | null): KvEntry | undefined =>
  entry === null || entry.operation !== "PUT"
    ? undefined
    : { key: entry.key, value: entry.string(), revision: entry.revision };

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;

/** The library's errors stop here: a condition that did not hold is a conflict, the rest is worth trying again. */
async function translated<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    if (codeOf(cause) === WRONG_LAST_SEQUENCE)
      throw new Refusal("conflict", "Somebody else changed it at the same time. Read it again.", { cause });
    throw away(cause);
  }
}

const away = (cause?: unknown) =>
  new Refusal("unavailable", "The network's broker did not answer. Try again in a moment.", { cause });
