import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  paginateScan,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { localSettings } from "../../aws/local-settings.ts";
import { type Json, ofType, type Template } from "../synthesize.ts";
import type { Resolver } from "./resolve.ts";

export interface LocalTable {
  /** Of DynamoDB Local. */
  readonly endpoint: string;
  /** As the functions know it, the same in every region. */
  readonly name: string;
  /** As DynamoDB Local knows it, which has no regions. */
  readonly localName: string;
  /** ARN of its stream. */
  readonly stream: string;
  put(item: Record<string, AttributeValue>): Promise<void>;
  items(): Promise<Record<string, AttributeValue>[]>;
  close(): Promise<void>;
}

/** Makes the table that the home's template describes, of that alone, or the replica of it that it describes for another region. */
export async function makeTable(
  template: Template,
  { resolve, region }: Resolver,
  endpoint: string,
): Promise<LocalTable> {
  const [[, table] = []] = ofType(template, "AWS::DynamoDB::GlobalTable");
  if (!table) throw new Error("The template makes no table.");
  const {
    TableName,
    KeySchema,
    AttributeDefinitions,
    BillingMode,
    StreamSpecification,
    TimeToLiveSpecification,
    Replicas,
  }: Json = resolve(table.Properties);
  if (!Replicas.some(({ Region }: { Region: string }) => Region === region))
    throw new Error(`The template puts no replica of ${TableName} in ${region}.`);
  const localName = `${TableName}.${region}`;
  const client = new DynamoDBClient(localSettings(endpoint));
  const input: CreateTableCommandInput = {
    TableName: localName,
    KeySchema,
    AttributeDefinitions,
    BillingMode,
    GlobalSecondaryIndexes: table.Properties.GlobalSecondaryIndexes,
    StreamSpecification: { StreamEnabled: true, ...StreamSpecification },
  };
  const { TableDescription } = await client.send(new CreateTableCommand(input));
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 }, { TableName: localName });
  await client.send(new UpdateTimeToLiveCommand({ TableName: localName, TimeToLiveSpecification }));
  return {
    ...{ endpoint, name: TableName, localName },
    stream: TableDescription?.LatestStreamArn ?? "",
    async put(Item) {
      await client.send(new PutItemCommand({ TableName: localName, Item }));
    },
    async items() {
      const all: Record<string, AttributeValue>[] = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName: localName, ConsistentRead: true }))
        all.push(...Items);
      return all;
    },
    async close() {
      await client.send(new DeleteTableCommand({ TableName: localName }));
      client.destroy();
    },
  };
}
