import type { ConsumedCapacity, DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface Consumed {
  /** Units for writes and for reads, indexes included, as the table says that it charges them. */
  write: number;
  read: number;
  /** How often each call was made. */
  calls: Record<string, number>;
}

const writes = new Set(["PutItemCommand", "TransactWriteItemsCommand"]);

/** Has the table say with every answer what it cost. What is given back tells what was spent since it was last called. */
export function countCapacity(client: DynamoDBClient): () => Consumed {
  const nothing = (): Consumed => ({ write: 0, read: 0, calls: {} });
  let consumed = nothing();
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" });
        const result = await next(args);
        const { ConsumedCapacity = [] } = result.output as { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] };
        for (const { CapacityUnits = 0 } of [ConsumedCapacity].flat())
          consumed[writes.has(commandName) ? "write" : "read"] += CapacityUnits;
        consumed.calls[commandName] = (consumed.calls[commandName] ?? 0) + 1;
        return result;
      },
    { step: "initialize", name: "countCapacity" },
  );
  return () => {
    const spent = consumed;
    consumed = nothing();
    return spent;
  };
}
