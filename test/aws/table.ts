import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import { tableDefinition } from "#adapters/dynamodb/table.ts";
import { localSettings } from "./local-settings.ts";

export interface TestTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly stream: string;
  close(): Promise<void>;
}

const keySchema = ({ partition, sort }: { partition: string; sort: string }) => [
  { AttributeName: partition, KeyType: "HASH" as const },
  { AttributeName: sort, KeyType: "RANGE" as const },
];

/** A table of its own in DynamoDB Local, made as `tableDefinition` says; gone once closed. */
export async function aTable(): Promise<TestTable> {
  const client = new DynamoDBClient(localSettings(inject("dynamoEndpoint")));
  const table = `intent-${randomUUID()}`;
  const { key, indexes, stream, timeToLive } = tableDefinition;
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [key, ...Object.values(indexes)]
        .flatMap(({ partition, sort }) => [partition, sort])
        .map((name) => ({ AttributeName: name, AttributeType: "S" })),
      KeySchema: keySchema(key),
      GlobalSecondaryIndexes: Object.entries(indexes).map(([name, place]) => ({
        IndexName: name,
        KeySchema: keySchema(place),
        Projection: { ProjectionType: "KEYS_ONLY" },
      })),
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream },
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 }, { TableName: table });
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { Enabled: true, AttributeName: timeToLive },
    }),
  );
  return {
    client,
    table,
    stream: TableDescription?.LatestStreamArn ?? "",
    async close() {
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}
