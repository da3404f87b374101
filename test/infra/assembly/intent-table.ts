import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { localSettings } from "../../aws/local-settings.ts";
import { type Json, ofType, type Template } from "../synthesize.ts";
import type { Resolver } from "./resolve.ts";

/** Makes the table that the template describes, of that alone. Answers its stream's ARN, and how it goes again. */
export async function makeTable(
  template: Template,
  { resolve }: Resolver,
  endpoint: string,
): Promise<{ stream: string; put(item: Record<string, AttributeValue>): Promise<void>; close(): Promise<void> }> {
  const [[, table] = []] = ofType(template, "AWS::DynamoDB::GlobalTable");
  if (!table) throw new Error("The template makes no table.");
  const {
    TableName,
    KeySchema,
    AttributeDefinitions,
    BillingMode,
    StreamSpecification,
    TimeToLiveSpecification,
  }: Json = resolve(table.Properties);
  const client = new DynamoDBClient(localSettings(endpoint));
  const input: CreateTableCommandInput = {
    TableName,
    KeySchema,
    AttributeDefinitions,
    BillingMode,
    GlobalSecondaryIndexes: table.Properties.GlobalSecondaryIndexes,
    StreamSpecification: { StreamEnabled: true, ...StreamSpecification },
  };
  const { TableDescription } = await client.send(new CreateTableCommand(input));
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 }, { TableName });
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  return {
    stream: TableDescription?.LatestStreamArn ?? "",
    async put(Item) {
      await client.send(new PutItemCommand({ TableName, Item }));
    },
    async close() {
      await client.send(new DeleteTableCommand({ TableName }));
      client.destroy();
    },
  };
}
