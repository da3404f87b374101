import type * as z from "zod";
import { Refusal } from "#core/errors.ts";
import type { KvBucket, Log, Stop } from "#core/ports.ts";

export interface Row<T> {
  readonly key: string;
  readonly value: T;
  readonly revision: number;
}

/**
 * A bucket held in memory: reads are immediate, writes go to the bucket first, and changes by others arrive by watch. Own
 * writes are visible as soon as they are accepted.
 */
export interface Table<T> {
  get(key: string): T | undefined;
  rows(): Iterable<Row<T>>;
  values(): T[];
  size(): number;
  /** As in the bucket now, for what another instance may just have written. */
  fresh(key: string): Promise<T | undefined>;
  /** Refuses with `conflict` when the key is taken. */
  create(key: string, value: T): Promise<void>;
  /**
   * Reads, decides, writes on the condition that nobody wrote meanwhile; again if somebody did. `decide` answers undefined
   * for "leave it as it is". Answers what is there afterwards; undefined where the key is not.
   */
  change(key: string, decide: (value: T) => T | undefined): Promise<T | undefined>;
  remove(key: string): Promise<void>;
  onChange(listener: (key: string, value: T | undefined) => void): void;
  close(): void;
}

const CHANGE_TRIES = 20;

export async function openTable<T>(
  bucket: KvBucket,
  schema: z.ZodType<T>,
  { name, log }: { name: string; log: Log },
): Promise<Table<T>> {
  const rows = new Map<string, Row<T>>();
  /** Revisions of what we removed ourselves: the watch may still tell of it as present. */
  const removed = new Map<string, number>();
  const listeners = new Set<(key: string, value: T | undefined) => void>();

  const accept = (key: string, revision: number, text: string | undefined): T | undefined => {
    if (revision <= (rows.get(key)?.revision ?? removed.get(key) ?? 0)) return rows.get(key)?.value;
    const value = text === undefined ? undefined : parsed(key, text);
    if (value === undefined) rows.delete(key);
    else rows.set(key, { key, value, revision });
    removed.delete(key);
    for (const listener of listeners) listener(key, value);
    return value;
  };
  const parsed = (key: string, text: string): T | undefined => {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      log("error", "a record cannot be read and is passed over", { bucket: name, key, error: String(error) });
      return undefined;
    }
  };
  const fresh = async (key: string): Promise<Row<T> | undefined> => {
    const entry = await bucket.get(key);
    if (entry) accept(key, entry.revision, entry.value);
    return rows.get(key);
  };

  const stop: Stop = await bucket.watch(({ key, value, revision }) => void accept(key, revision, value));

  return {
    get: (key) => rows.get(key)?.value,
    rows: () => rows.values(),
    values: () => [...rows.values()].map(({ value }) => value),
    size: () => rows.size,
    fresh: async (key) => (await fresh(key))?.value,
    async create(key, value) {
      const text = JSON.stringify(value);
      accept(key, await bucket.create(key, text), text);
    },
    async change(key, decide) {
      let row = rows.get(key) ?? (await fresh(key));
      for (let tries = 0; row && tries < CHANGE_TRIES; tries++) {
        const next = decide(row.value);
        if (next === undefined) return row.value;
        try {
          const text = JSON.stringify(next);
          return accept(key, await bucket.replace(key, text, row.revision), text);
        } catch (error) {
          if (!(error instanceof Refusal) || error.kind !== "conflict") throw error;
          row = await fresh(key);
        }
      }
      if (row) throw new Refusal("conflict", "Many are changing it at the same time. Try again in a moment.");
      return undefined;
    },
    async remove(key) {
      await bucket.remove(key);
      const row = rows.get(key);
      if (!row) return;
      rows.delete(key);
      removed.set(key, row.revision);
      for (const listener of listeners) listener(key, undefined);
    },
    onChange: (listener) => void listeners.add(listener),
    close: stop,
  };
}
