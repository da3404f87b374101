import { type DynamoDBClient, TransactionCanceledException, type TransactWriteItem } from "@aws-sdk/client-dynamodb";

/** How long DynamoDB holds the items of a transaction, both phases. */
const TAKES_MS = 10;

/**
 * Makes transactions on one item meet, as they do on AWS: while one is under way every other is cancelled. DynamoDB Local lets them
 * wait for one another instead. What is given back tells how often they met.
 */
export function letTransactionsMeet(client: DynamoDBClient): () => number {
  const held = new Set<string>();
  let met = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const { TransactItems } = args.input as { TransactItems?: TransactWriteItem[] };
      if (!TransactItems) return next(args);
      const items = TransactItems.map(itemOf);
      if (items.some((item) => held.has(item))) {
        met += 1;
        throw new TransactionCanceledException({
          $metadata: {},
          message: "Transaction cancelled",
          CancellationReasons: items.map((item) => ({ Code: held.has(item) ? "TransactionConflict" : "None" })),
        });
      }
      for (const item of items) held.add(item);
      try {
        const [result] = await Promise.all([next(args), new Promise((resolve) => setTimeout(resolve, TAKES_MS))]);
        return result;
      } finally {
        for (const item of items) held.delete(item);
      }
    },
    { step: "initialize", name: "letTransactionsMeet" },
  );
  return () => met;
}

function itemOf({ Put, Delete, ConditionCheck, Update }: TransactWriteItem): string {
  const key = Put?.Item ?? Delete?.Key ?? ConditionCheck?.Key ?? Update?.Key;
  return `${key?.kind?.S} ${key?.id?.S}`;
}
