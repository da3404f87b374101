import { randomUUID } from "node:crypto";
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { Refusal } from "#core/errors.ts";
import { type IndexName, idOfRecord } from "#core/model/records.ts";
import type { Chance, Change, Clock, Listed, PageQuery, Store } from "#core/ports.ts";
import { refuseBeyondLimits } from "./commit-limits.ts";
import { type Item, itemOf, keyOf, recordOf } from "./dynamodb/item.ts";
import { persistence, Unfinished } from "./dynamodb/persist.ts";
import { listPartition, tableDefinition, tableIndexOf } from "./dynamodb/table.ts";
import { stillAt, writeOf } from "./dynamodb/write-of.ts";
import { systemClock } from "./world.ts";

/** How many keys DynamoDB takes in one read. */
const KEYS_PER_READ = 100;

/** The intent store in one DynamoDB table, made as `tableDefinition` says. Keys, conditions and exceptions stop here. */
export function dynamoStore({
  client,
  table,
  sleep = systemClock.sleep,
  chance = Math.random,
}: {
  client: DynamoDBClient;
  table: string;
  sleep?: Clock["sleep"];
  chance?: Chance;
}): Store {
  const persist = persistence(sleep, chance);

  /**
   * One record alone costs half of a transaction. A call whose answer was lost is made again by the SDK and finds its own write:
   * the mark tells it from somebody else's.
   */
  async function put(change: Extract<Change, { write: "put" }>): Promise<void> {
    const mark = randomUUID().slice(0, 13);
    const command = new PutItemCommand({
      TableName: table,
      Item: { ...itemOf(change, change.was + 1), mark: { S: mark } },
      ...stillAt(change.was),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    try {
      await persist(() => client.send(command));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (error.Item?.mark?.S !== mark) throw conflictOf(change, 0);
    }
  }

  /** All or nothing; the token makes a repeat of a call whose answer was lost do nothing more. */
  async function transact(changes: readonly Change[]): Promise<void> {
    const command = new TransactWriteItemsCommand({
      TransactItems: changes.map((change) => writeOf(table, change)),
      ClientRequestToken: randomUUID(),
    });
    try {
      await persist(() => client.send(command));
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const index = error.CancellationReasons?.findIndex(({ Code }) => Code === "ConditionalCheckFailed") ?? -1;
      const change = changes[index];
      throw change ? conflictOf(change, index) : error;
    }
  }

  async function readMany(keys: readonly Item[]): Promise<Item[]> {
    const found: Item[] = [];
    let rest = [...keys];
    await persist(async () => {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: rest, ConsistentRead: true } } }),
      );
      found.push(...(Responses?.[table] ?? []));
      rest = UnprocessedKeys?.[table]?.Keys ?? [];
      if (rest.length > 0) throw new Unfinished(`${rest.length} keys were not read`);
    });
    return found;
  }

  const readOne = async (key: Item): Promise<Item | undefined> =>
    (await persist(() => client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true })))).Item;

  async function query(index: IndexName, partition: string, page: PageQuery, from?: Item) {
    const { after, limit, descending = false } = page;
    const names = tableDefinition.indexes[tableIndexOf[index]];
    return persist(() =>
      client.send(
        new QueryCommand({
          TableName: table,
          IndexName: tableIndexOf[index],
          KeyConditionExpression: `${names.partition} = :list${
            after === undefined ? "" : ` AND ${names.sort} ${descending ? "<" : ">"} :after`
          }`,
          ExpressionAttributeValues: {
            ":list": { S: listPartition(index, partition) },
            ...(after === undefined ? {} : { ":after": { S: after } }),
          },
          ScanIndexForward: !descending,
          Limit: limit,
          ...(from ? { ExclusiveStartKey: from } : {}),
        }),
      ),
    );
  }

  return {
    async commit(changes) {
      refuseBeyondLimits(changes);
      const [first, ...others] = changes;
      if (!first) return;
      if (first.write === "put" && others.length === 0) await put(first);
      else await transact(changes);
    },
    async get(kind, id) {
      const item = await readOne(keyOf(kind, id));
      return item && recordOf(kind, item);
    },
    async getMany(kind, ids) {
      const distinct = [...new Set(ids)];
      const reads = Array.from({ length: Math.ceil(distinct.length / KEYS_PER_READ) }, (_, n) =>
        readMany(distinct.slice(n * KEYS_PER_READ, (n + 1) * KEYS_PER_READ).map((id) => keyOf(kind, id))),
      );
      const items = new Map((await Promise.all(reads)).flat().map((item) => [item.id?.S, item]));
      return ids.flatMap((id) => {
        const item = items.get(id);
        return item ? [recordOf(kind, item)] : [];
      });
    },
    async list(index, partition, page) {
      const sort = tableDefinition.indexes[tableIndexOf[index]].sort;
      const listed: Listed[] = [];
      // An answer ends at 1 MB, whatever was asked for.
      for (let from: Item | undefined; listed.length < page.limit; ) {
        const rest = { ...page, limit: page.limit - listed.length };
        const { Items = [], LastEvaluatedKey } = await query(index, partition, rest, from);
        listed.push(...Items.map((item): Listed => ({ id: item.id?.S ?? "", sort: item[sort]?.S ?? "" })));
        if (!LastEvaluatedKey) break;
        from = LastEvaluatedKey;
      }
      return listed;
    },
    async countOf(counter) {
      return Number((await readOne(keyOf("counter", counter)))?.count?.N ?? 0);
    },
  };
}

function conflictOf(change: Change, index: number): Refusal {
  const message =
    change.write === "count"
      ? `${change.counter} is at its limit.`
      : `The ${change.kind} ${change.write === "put" ? idOfRecord(change) : change.id} was changed at the same time; read it again and repeat.`;
  return new Refusal("conflict", message, { extra: { change: index } });
}
