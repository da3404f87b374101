import type { IndexName, RecordKind, RecordOf } from "../model/records.ts";
import type { Store } from "../ports.ts";

export interface ListQuery {
  readonly limit: number;
  readonly after: string | undefined;
}

export interface ListedPage<T> {
  readonly items: readonly T[];
  /** Sort key to go on after; absent on the last page. */
  readonly next?: string;
}

/** One page of the records in a partition of an index. A record that went away meanwhile is left out. */
export async function readPage<K extends RecordKind>(
  store: Store,
  {
    kind,
    index,
    partition,
    descending = false,
  }: { kind: K; index: IndexName; partition: string; descending?: boolean },
  { limit, after }: ListQuery,
): Promise<ListedPage<RecordOf<K>>> {
  const listed = await store.list(index, partition, {
    limit: limit + 1,
    descending,
    ...(after === undefined ? {} : { after }),
  });
  const page = listed.slice(0, limit);
  const records = await store.getMany(
    kind,
    page.map(({ id }) => id),
  );
  const last = page.at(-1);
  return { items: records.map(({ value }) => value), ...(listed.length > limit && last ? { next: last.sort } : {}) };
}
