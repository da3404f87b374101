import type { IndexName } from "#core/model/records.ts";

/**
 * The intent table, stated once: whoever makes it (CDK, a test) reads this. Plain data, so that it can be read without the SDK.
 *
 * A record is one item, found by its id and kind; a counter is an item of kind `counter`. The indexes carry keys alone: who
 * lists reads the records themselves, consistently. Items that are listed nowhere are in no index.
 */
export const tableDefinition = {
  key: { partition: "id", sort: "kind" },
  indexes: {
    "listing-1": { partition: "list1", sort: "sort1" },
    "listing-2": { partition: "list2", sort: "sort2" },
    "listing-3": { partition: "list3", sort: "sort3" },
  },
  /** The consumer wants to know only which record; the image is there for the filter below. */
  stream: "NEW_IMAGE",
  /** Seconds since 1970 after which the item may be removed: it only cleans up, and days late. */
  timeToLive: "expires",
} as const;

export type TableIndex = keyof typeof tableDefinition.indexes;

/**
 * Which index of the table carries which list. A record has one place in each index of the table, so two lists that name the
 * same kind of record must not share one.
 */
export const tableIndexOf: Record<IndexName, TableIndex> = {
  organizations: "listing-1",
  "members-of-organization": "listing-1",
  "members-of-user": "listing-2",
  invitations: "listing-2",
  "keys-of-organization": "listing-1",
  "networks-by-creation": "listing-1",
  "networks-by-name": "listing-2",
  "networks-of-cell": "listing-1",
  "operations-of-network": "listing-1",
  cells: "listing-1",
  "audit-of-organization": "listing-1",
  "events-of-network": "listing-1",
  "networks-of-fleet": "listing-3",
  releases: "listing-1",
  rollouts: "listing-1",
  "targets-of-rollout": "listing-1",
  freezes: "listing-1",
  meters: "listing-1",
  "usage-of-organization": "listing-1",
  due: "listing-2",
};

/** A list's partition within the table's index, where other lists live too. */
export const listPartition = (index: IndexName, partition: string): string => `${index}#${partition}`;

/** The filter of the stream's consumer: only changes that start work wake it, and only they are paid for. */
export const signalFilter = {
  eventName: ["INSERT", "MODIFY"],
  dynamodb: { NewImage: { signal: { S: ["1"] } } },
} as const;
