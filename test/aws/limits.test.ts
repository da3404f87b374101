import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dynamoStore } from "#adapters/dynamodb.ts";
import type { Change, Store } from "#core/ports.ts";
import { letTransactionsMeet } from "./meeting-transactions.ts";
import { aTable, type TestTable } from "./table.ts";

describe("the limits of a table", () => {
  let table: TestTable;
  let store: Store;
  beforeEach(async () => {
    table = await aTable();
    store = dynamoStore(table);
  });
  afterEach(() => table.close());

  const remembered = (id: string, answer: unknown): Change => ({
    write: "put",
    was: 0,
    kind: "idempotency",
    value: { id, request: "", answer, expiresAt: "2026-01-02T00:00:00.500Z" },
  });
  const itemOf = async (id: string, kind: string) =>
    (await table.client.send(new GetItemCommand({ TableName: table.table, Key: { id: { S: id }, kind: { S: kind } } })))
      .Item;

  it("takes a record of just under 400 KiB and refuses one of just over, before anything is written", async () => {
    const around = 400 * 1024 - 300;
    await store.commit([remembered("fits", "x".repeat(around))]);
    expect((await store.get("idempotency", "fits"))?.value.answer).toHaveLength(around);

    const twice: Change[] = [
      { write: "put", was: 0, kind: "claim", value: { id: "a", owner: "somebody" } },
      remembered("too large", "ü".repeat(205_000)),
    ];
    await expect(store.commit(twice)).rejects.toMatchObject({ kind: "too-large" });
    expect(await store.get("claim", "a")).toBeUndefined();
  });

  it("reads many large records, though an answer holds 16 MB", async () => {
    const ids = Array.from({ length: 44 }, (_, n) => `large-${n}`);
    await Promise.all(ids.map((id) => store.commit([remembered(id, "x".repeat(400_000))])));
    expect((await store.getMany("idempotency", ids)).map(({ value }) => value.id)).toEqual(ids);
  });

  it("may forget an idempotency record once it has expired, and nothing else", async () => {
    const claim: Change = { write: "put", was: 0, kind: "claim", value: { id: "a", owner: "somebody" } };
    await store.commit([remembered("key", null), claim]);
    expect((await itemOf("key", "idempotency"))?.expires).toEqual({ N: "1767312001" });
    expect((await itemOf("a", "claim"))?.expires).toBeUndefined();
  });

  it("R5: lets 200 transactions that meet on one counter of 100 through, and refuses the rest", async () => {
    const met = letTransactionsMeet(table.client);
    const place = (n: number): Promise<string> =>
      store
        .commit([
          { write: "put", was: 0, kind: "claim", value: { id: `place-${n}`, owner: "somebody" } },
          { write: "count", counter: "places", by: 1, atMost: 100 },
        ])
        .then(
          () => "placed",
          // A slow machine may be told to try again, as a step of a workflow does.
          ({ kind }) => (kind === "unavailable" ? place(n) : kind),
        );
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, n) => place(n)));
    const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
    expect(met()).toBeGreaterThan(100);
    expect(await store.countOf("places")).toBe(100);
    expect([count("placed"), count("conflict")]).toEqual([100, 100]);
  });
});
