import middy from "@middy/core";
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { type RecordKind, recordKinds } from "#core/model/records.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { followChange } from "#core/operations/follow-change.ts";

/**
 * The consumer of the table's stream. Each record names what changed; one that cannot be followed now is reported alone, so
 * that it is given again and the others are not.
 */
export const followChanges = (
  deps: Dependencies,
): ((event: DynamoDBStreamEvent, context: Context) => Promise<DynamoDBBatchResponse>) =>
  middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(async ({ Records }: DynamoDBStreamEvent) => {
    const failed = await Promise.all(
      Records.map(async ({ eventID = "", dynamodb }) => {
        try {
          const kind = dynamodb?.Keys?.kind?.S ?? "";
          const id = dynamodb?.Keys?.id?.S ?? "";
          if (kind in recordKinds) await followChange(deps, { kind: kind as RecordKind, id });
          return [];
        } catch (error) {
          deps.log("warn", "change not followed", { eventID, error: String(error) });
          return [{ itemIdentifier: eventID }];
        }
      }),
    );
    return { batchItemFailures: failed.flat() };
  });
