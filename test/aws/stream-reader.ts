import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from "@aws-sdk/client-dynamodb-streams";
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { signalFilter } from "#adapters/dynamodb/table.ts";

export interface StreamReader {
  /** Ids of the records that were given up on, as a dead-letter queue would be told. */
  readonly givenUp: readonly string[];
  /** Ids in each call of the handler. */
  readonly calls: readonly (readonly string[])[];
  close(): Promise<void>;
}

/**
 * Reads a table's stream from its beginning and drives a handler as Lambda's event source does: filters, batches in order, goes
 * on from the first reported failure, halves a batch whose call failed, and gives up after so many attempts on all that is left.
 */
export function readStream({
  client,
  stream,
  handler,
  batchSize = 100,
  attempts = 3,
  twice = false,
  filter = signalFilter,
}: {
  client: DynamoDBStreamsClient;
  stream: string;
  handler: (event: DynamoDBStreamEvent, context: Context) => Promise<DynamoDBBatchResponse>;
  batchSize?: number;
  attempts?: number;
  /** At least once: every batch is given again, newest first. */
  twice?: boolean;
  /** What of the stream is handed over. */
  filter?: unknown;
}): StreamReader {
  const givenUp: string[] = [];
  const calls: string[][] = [];
  let closed = false;

  const call = async (batch: readonly DynamoDBRecord[]) => {
    calls.push(batch.map(idOf));
    const { batchItemFailures } = await handler({ Records: [...batch] }, {} as Context);
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    return batch.findIndex(({ dynamodb }) => failed.has(dynamodb?.SequenceNumber ?? ""));
  };

  async function deliver(batch: readonly DynamoDBRecord[]): Promise<void> {
    let rest = batch;
    for (let attempt = 1; rest.length > 0; attempt++) {
      const failed = await call(rest).catch(() => "threw" as const);
      if (failed === -1) return;
      if (failed === "threw" && rest.length > 1) {
        const half = Math.ceil(rest.length / 2);
        await deliver(rest.slice(0, half));
        return deliver(rest.slice(half));
      }
      if (failed !== "threw") rest = rest.slice(failed);
      if (attempt < attempts) continue;
      givenUp.push(...rest.map(idOf));
      return;
    }
  }

  /** The shards, each with the place from which it is read next; one that ended and was read leaves no place. */
  const places = new Map<string, string | undefined>();
  async function findShards(): Promise<void> {
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn: stream }));
    for (const { ShardId = "" } of StreamDescription?.Shards ?? []) {
      if (places.has(ShardId)) continue;
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamArn: stream, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
      );
      places.set(ShardId, ShardIterator);
    }
  }

  async function readOn(): Promise<boolean> {
    let any = false;
    for (const [shard, place] of places) {
      if (!place) continue;
      const { Records = [], NextShardIterator } = await client.send(
        new GetRecordsCommand({ ShardIterator: place, Limit: batchSize }),
      );
      const batch = Records.map(asLambdaGives).filter((record) => matches(record, filter));
      if (batch.length > 0) await deliver(batch);
      if (batch.length > 0 && twice) await deliver(batch.toReversed());
      places.set(shard, NextShardIterator);
      any ||= Records.length > 0;
    }
    return any;
  }

  const reading = (async () => {
    while (!closed) {
      if ([...places.values()].every((place) => place === undefined)) await findShards();
      if (!(await readOn())) await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })();

  return {
    givenUp,
    calls,
    async close() {
      closed = true;
      await reading;
      client.destroy();
    },
  };
}

const idOf = ({ dynamodb }: DynamoDBRecord): string => dynamodb?.Keys?.id?.S ?? "";

/** The same record as JSON, in which Lambda hands it over. */
const asLambdaGives = ({ eventID, eventName, dynamodb }: StreamRecord): DynamoDBRecord =>
  JSON.parse(
    JSON.stringify({
      eventID,
      eventName,
      dynamodb: {
        ...dynamodb,
        ApproximateCreationDateTime: Number(dynamodb?.ApproximateCreationDateTime) / 1_000,
      },
    }),
  );

/** EventBridge's patterns as far as ours goes: an array lists the values that match. */
function matches(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.includes(value);
  return Object.entries(pattern as object).every(([key, part]) =>
    matches((value as Record<string, unknown> | undefined)?.[key], part),
  );
}
