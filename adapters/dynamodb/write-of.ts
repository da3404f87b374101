import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Change } from "#core/ports.ts";
import { itemOf, keyOf } from "./item.ts";

/** A change as DynamoDB is asked for it, with the condition that it stands under. */
export function writeOf(table: string, change: Change): TransactWriteItem {
  switch (change.write) {
    case "put":
      return { Put: { TableName: table, Item: itemOf(change, change.was + 1), ...stillAt(change.was) } };
    case "remove":
      return { Delete: { TableName: table, Key: keyOf(change.kind, change.id), ...stillAt(change.was) } };
    case "check":
      return { ConditionCheck: { TableName: table, Key: keyOf(change.kind, change.id), ...stillAt(change.was) } };
    case "count":
      return { Update: { TableName: table, Key: keyOf("counter", change.counter), ...within(change) } };
  }
}

export const stillAt = (version: number) =>
  version === 0
    ? { ConditionExpression: "attribute_not_exists(id)" }
    : {
        ConditionExpression: "version = :was",
        ExpressionAttributeValues: { ":was": { N: String(version) } },
      };

/** Adds without having read: the bounds are a condition on what is there before, so that a hundred can count at once. */
function within({ by, atMost }: Extract<Change, { write: "count" }>) {
  const bounds: string[] = [];
  const values: Record<string, { N: string }> = { ":by": { N: String(by) } };
  if (by < 0) {
    bounds.push("#count >= :least");
    values[":least"] = { N: String(-by) };
  }
  if (atMost !== undefined) {
    const room = atMost - by;
    // What was never counted is 0, and compares with nothing.
    bounds.push(room >= 0 && by >= 0 ? "(attribute_not_exists(#count) OR #count <= :room)" : "#count <= :room");
    values[":room"] = { N: String(room) };
  }
  return {
    UpdateExpression: "ADD #count :by",
    ExpressionAttributeNames: { "#count": "count" },
    ExpressionAttributeValues: values,
    ...(bounds.length > 0 ? { ConditionExpression: bounds.join(" AND ") } : {}),
  };
}
