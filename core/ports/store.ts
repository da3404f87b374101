import type { AnyRecord, IndexName, RecordKind, RecordOf } from "../model/records.ts";

/** A record as it was read: `version` is what a later write must still find. */
export interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

/** One part of an atomic write. `was` is the version read before; 0 means: must not be there yet. */
export type Change =
  | ({ readonly write: "put"; readonly was: number } & AnyRecord)
  | { readonly write: "remove"; readonly kind: RecordKind; readonly id: string; readonly was: number }
  | { readonly write: "check"; readonly kind: RecordKind; readonly id: string; readonly was: number }
  /** Adds to a named number that begins at 0; refused when the sum would be above `atMost` (or below 0). */
  | { readonly write: "count"; readonly counter: string; readonly by: number; readonly atMost?: number };

/** Where a list goes on: after this sort key. */
export interface PageQuery {
  readonly after?: string;
  readonly limit: number;
  /** Newest (greatest sort key) first. */
  readonly descending?: boolean;
}

export interface Listed {
  /** Id of the record and its place in the index; read the record itself before deciding anything. */
  readonly id: string;
  readonly sort: string;
}

/** The intent store. Reads of records are consistent; indexes may lag. Refuses with `unavailable` where trying again helps. */
export interface Store {
  /**
   * All of it or nothing, at most 100 changes, each of another record or counter. Refused with `conflict` when any `was` is not the version there is now or a
   * counter would leave its bounds; `details.extra.change` is the index of the first such change.
   */
  commit(changes: readonly Change[]): Promise<void>;
  get<K extends RecordKind>(kind: K, id: string): Promise<Versioned<RecordOf<K>> | undefined>;
  /** In the order of `ids`; what is not there is left out. */
  getMany<K extends RecordKind>(kind: K, ids: readonly string[]): Promise<Versioned<RecordOf<K>>[]>;
  list(index: IndexName, partition: string, page: PageQuery): Promise<Listed[]>;
  /** The value of a counter; 0 where it was never counted. */
  countOf(counter: string): Promise<number>;
}

/** A record that changed: what a stream tells its consumer, who loads the rest. */
export interface ChangedRecord {
  readonly kind: RecordKind;
  readonly id: string;
}
