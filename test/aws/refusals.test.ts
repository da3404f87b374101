import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  InternalServerError,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { type AwsClientStub, mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { dynamoStore } from "#adapters/dynamodb.ts";
import type { Change, Store } from "#core/ports.ts";

/** What DynamoDB Local never says: it knows neither throttling nor two transactions that meet. */
describe("a table that is busy", () => {
  const $metadata = {};
  const message = "";
  let mock: AwsClientStub<DynamoDBClient>;
  let store: Store;
  let waits: number[];
  beforeEach(() => {
    const client = new DynamoDBClient({ region: "local" });
    mock = mockClient(client) as unknown as AwsClientStub<DynamoDBClient>;
    waits = [];
    store = dynamoStore({ client, table: "intent", sleep: async (ms) => void waits.push(ms), chance: () => 0.5 });
  });

  const one: Change = { write: "put", was: 0, kind: "claim", value: { id: "a", owner: "somebody" } };
  const two: Change[] = [one, { write: "count", counter: "n", by: 1, atMost: 1 }];
  const cancelled = (...codes: string[]) =>
    new TransactionCanceledException({ $metadata, message, CancellationReasons: codes.map((Code) => ({ Code })) });
  const throttled = new ProvisionedThroughputExceededException({ $metadata, message });

  it.each([
    [["None", "TransactionConflict"]],
    [["ThrottlingError", "None"]],
    [["ProvisionedThroughputExceeded", "TransactionConflict"]],
  ])("commits in the end when a transaction was cancelled for %j", async (codes) => {
    mock
      .on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled(...codes))
      .rejectsOnce(cancelled(...codes))
      .resolves({});
    await store.commit(two);
    expect(waits).toEqual([12.5, 25]);
    const tokens = mock.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input.ClientRequestToken);
    expect(new Set(tokens).size).toBe(1);
  });

  it("calls it a conflict when one condition failed, whatever else happened, and does not try again", async () => {
    mock.on(TransactWriteItemsCommand).rejects(cancelled("TransactionConflict", "ConditionalCheckFailed"));
    await expect(store.commit(two)).rejects.toMatchObject({
      kind: "conflict",
      message: "n is at its limit.",
      details: { extra: { change: 1 } },
    });
    expect(waits).toEqual([]);
  });

  it.each([
    ["throttling", throttled],
    ["a transaction on the same item", new TransactionConflictException({ $metadata, message })],
    ["a fault of its own", new InternalServerError({ $metadata, message })],
    ["a lost connection", Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })],
  ])("outlasts %s, and says `unavailable` when it does not end", async (_what, error) => {
    mock.on(PutItemCommand).rejectsOnce(error).resolves({});
    await store.commit([one]);
    mock.on(PutItemCommand).rejects(error);
    await expect(store.commit([one])).rejects.toMatchObject({ kind: "unavailable", details: { retryAfterSeconds: 1 } });
    mock.on(GetItemCommand).rejects(error);
    await expect(store.get("claim", "a")).rejects.toMatchObject({ kind: "unavailable" });
    expect(Math.max(...waits)).toBeLessThanOrEqual(500);
  });

  it("knows its own write again when the answer to it was lost, and that of another one not", async () => {
    const refused = (mark: string) =>
      new ConditionalCheckFailedException({ $metadata, message, Item: { mark: { S: mark } } });
    mock.on(PutItemCommand).callsFake(({ Item }) => Promise.reject(refused(Item.mark.S)));
    await store.commit([one]);
    mock.on(PutItemCommand).rejects(refused("of another"));
    await expect(store.commit([one])).rejects.toMatchObject({ kind: "conflict", details: { extra: { change: 0 } } });
  });

  it("asks again for the keys that were left out of a read", async () => {
    const item = (id: string) => ({
      id: { S: id },
      version: { N: "1" },
      record: { S: JSON.stringify({ id, owner: "somebody" }) },
    });
    const keys = (...ids: string[]) => ids.map((id) => ({ id: { S: id }, kind: { S: "claim" } }));
    mock
      .on(BatchGetItemCommand)
      .resolvesOnce({ Responses: { intent: [item("b")] }, UnprocessedKeys: { intent: { Keys: keys("a") } } })
      .resolvesOnce({ Responses: { intent: [item("a")] }, UnprocessedKeys: {} });
    expect((await store.getMany("claim", ["a", "b"])).map(({ value }) => value.id)).toEqual(["a", "b"]);
    expect(waits).toHaveLength(1);

    mock.on(BatchGetItemCommand).resolves({ UnprocessedKeys: { intent: { Keys: keys("a") } } });
    await expect(store.getMany("claim", ["a"])).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("reads on where an answer ended before the page was full", async () => {
    const from = { id: { S: "b" }, kind: { S: "claim" } };
    const listed = (id: string) => ({ id: { S: id }, sort1: { S: `sort of ${id}` } });
    mock
      .on(QueryCommand)
      .resolvesOnce({ Items: [listed("a"), listed("b")], LastEvaluatedKey: from })
      .resolvesOnce({ Items: [listed("c")] });
    const page = await store.list("cells", "all", { limit: 5 });
    expect(page).toEqual(["a", "b", "c"].map((id) => ({ id, sort: `sort of ${id}` })));
    const asked = mock.commandCalls(QueryCommand).map(({ args }) => args[0].input);
    expect(asked.map(({ Limit, ExclusiveStartKey }) => [Limit, ExclusiveStartKey])).toEqual([
      [5, undefined],
      [3, from],
    ]);
  });

  it("lets what is nobody's passing trouble through as it is", async () => {
    const missing = Object.assign(new Error("no such table"), { name: "ResourceNotFoundException" });
    mock.on(GetItemCommand).rejects(missing);
    await expect(store.get("claim", "a")).rejects.toBe(missing);
    mock.on(TransactWriteItemsCommand).rejects(cancelled("ValidationError", "None"));
    await expect(store.commit(two)).rejects.toBeInstanceOf(TransactionCanceledException);
  });
});
