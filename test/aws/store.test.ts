import { dynamoStore } from "#adapters/dynamodb.ts";
import { storeContract } from "../contracts/store.ts";
import { aTable } from "./table.ts";

storeContract("DynamoDB", async () => {
  const { client, table, close } = await aTable();
  return { store: dynamoStore({ client, table }), close };
});
