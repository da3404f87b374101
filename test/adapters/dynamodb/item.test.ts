import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { itemOf, recordOf } from "#adapters/dynamodb/item.ts";
import { type AnyRecord, indexEntriesOf } from "#core/model/records.ts";
import { anOperation } from "../../builders.ts";

const waiting = anOperation({ nextActionAt: "2026-01-01T00:00:00.000Z" });

describe("the item of a record", () => {
  it.each([
    ["one that waits to be begun", waiting, ["list1", "list2", "signal", "sort1", "sort2"]],
    ["one that was begun", { ...waiting, step: "PlaceNetwork" }, ["list1", "list2", "sort1", "sort2"]],
    ["one that has ended", { ...waiting, state: "failed", nextActionAt: null } as const, ["list1", "sort1"]],
  ])("shows of an operation, %s, only what the table must see", (_what, value, beside) => {
    const item = itemOf({ kind: "operation", value }, 7);
    expect(Object.keys(item).toSorted()).toEqual(["id", "kind", "record", "version", ...beside].toSorted());
    expect(item).toMatchObject({ id: { S: value.id }, kind: { S: "operation" }, version: { N: "7" } });
    expect(item.list1).toEqual({ S: `operations-of-network#${value.network}` });
  });

  it("gives back any record as it was, and every list a place of its own", () => {
    const answers = fc.jsonValue();
    const idempotency = fc.record({ id: fc.string({ minLength: 1 }), answer: answers }).map(
      ({ id, answer }): AnyRecord => ({
        kind: "idempotency",
        value: { id, answer, request: "", expiresAt: "2026-01-02T00:00:00.000Z" },
      }),
    );
    const operation = fc.record({ attempt: fc.integer({ min: 1 }), due: fc.boolean() }).map(
      ({ attempt, due }): AnyRecord => ({
        kind: "operation",
        value: { ...waiting, attempt, nextActionAt: due ? waiting.nextActionAt : null },
      }),
    );
    fc.assert(
      fc.property(fc.oneof(idempotency, operation), fc.integer({ min: 1 }), (record, version) => {
        const item = itemOf(record, version);
        expect(recordOf(record.kind, item)).toEqual({ value: JSON.parse(JSON.stringify(record.value)), version });
        expect(Object.keys(item).filter((name) => name.startsWith("list"))).toHaveLength(indexEntriesOf(record).length);
      }),
    );
  });
});
