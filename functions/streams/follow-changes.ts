import middy from "@middy/core";
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { type RecordKind, recordKinds } from "#core/model/records.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { followChange } from "#core/operations/follow-change.ts";

/**
 * The consumer of the table's stream. Each record's key names what changed; all of a batch are followed whatever becomes of one,
 * which is reported alone. Lambda then gives again the first reported and all after it, and in the end gives up on it: nothing
 * is lost by that, because the others were followed and the sweep takes up what was not.
 */
export const followChanges = (
  deps: Dependencies,
): ((event: DynamoDBStreamEvent, context: Context) => Promise<DynamoDBBatchResponse>) =>
  middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(async ({ Records }: DynamoDBStreamEvent) => {
    const failed = await Promise.all(
      Records.map(async ({ dynamodb }) => {
        const { Keys, SequenceNumber = "" } = dynamodb ?? {};
        const kind = Keys?.kind?.S ?? "";
        const id = Keys?.id?.S ?? "";
        try {
          if (Object.hasOwn(recordKinds, kind)) await followChange(deps, { kind: kind as RecordKind, id });
          return [];
        } catch (error) {
          deps.log("warn", "change not followed", { kind, id, sequence: SequenceNumber, error: String(error) });
          return [{ itemIdentifier: SequenceNumber }];
        }
      }),
    );
    return { batchItemFailures: failed.flat() };
  });
