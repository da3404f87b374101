import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { Refusal } from "#core/errors.ts";
import {
  type AnyRecord,
  idOfRecord,
  indexEntriesOf,
  isSignal,
  type RecordKind,
  type RecordOf,
  recordKinds,
} from "#core/model/records.ts";
import type { Versioned } from "#core/ports.ts";
import { listPartition, tableDefinition, tableIndexOf } from "./table.ts";

export type Item = Record<string, AttributeValue>;

/** What DynamoDB takes at most as one item: names and values together. */
const MOST_BYTES = 400 * 1024;

export const keyOf = (kind: RecordKind | "counter", id: string): Item => ({ id: { S: id }, kind: { S: kind } });

/**
 * The item of a record. The record itself is one JSON text: a fifth larger than a map, which costs no unit more (see
 * docs/intent-table.md), and nothing in it can meet a rule of DynamoDB's types. What the table must see stands beside it.
 */
export function itemOf(record: AnyRecord, version: number): Item {
  const item: Item = {
    ...keyOf(record.kind, idOfRecord(record)),
    version: { N: String(version) },
    record: { S: JSON.stringify(record.value) },
  };
  for (const { index, partition, sort } of indexEntriesOf(record)) {
    const place = tableDefinition.indexes[tableIndexOf[index]];
    if (item[place.partition]) throw new Error(`Two lists of a ${record.kind} share ${tableIndexOf[index]}.`);
    item[place.partition] = { S: listPartition(index, partition) };
    item[place.sort] = { S: sort };
  }
  if (isSignal(record)) item.signal = { S: "1" };
  if (record.kind === "idempotency")
    item[tableDefinition.timeToLive] = { N: String(Math.ceil(Date.parse(record.value.expiresAt) / 1_000)) };

  const bytes = bytesOf(item);
  if (bytes > MOST_BYTES)
    throw new Refusal(
      "too-large",
      `The ${record.kind} ${idOfRecord(record)} would be kept in ${Math.ceil(bytes / 1024)} KiB; ${MOST_BYTES / 1024} KiB is the most.`,
    );
  return item;
}

/** The record of an item, judged by its schema like everything that comes from outside. */
export function recordOf<K extends RecordKind>(kind: K, item: Item): Versioned<RecordOf<K>> {
  return {
    value: recordKinds[kind].schema.parse(JSON.parse(item.record?.S ?? "")) as RecordOf<K>,
    version: Number(item.version?.N),
  };
}

const bytesOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, { S, N }]) => sum + name.length + Buffer.byteLength(S ?? N ?? ""), 0);
