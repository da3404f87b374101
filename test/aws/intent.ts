import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { inject } from "vitest";
import { dynamoStore } from "#adapters/dynamodb.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import type { Store } from "#core/ports.ts";
import { followChanges } from "../../functions/streams/follow-changes.ts";
import type { Intent } from "../control-plane.ts";
import { localSettings } from "./local-settings.ts";
import { readStream, type StreamReader } from "./stream-reader.ts";
import { aTable, type TestTable } from "./table.ts";

export interface DynamoIntent extends Intent<Store>, Pick<TestTable, "client" | "table"> {
  /** Starts the consumer of the table's stream, which then follows by itself. */
  consume(deps: Dependencies, options?: Partial<Parameters<typeof readStream>[0]>): StreamReader;
}

/** The intent in DynamoDB Local; the table's stream drives the work, from the first time that it is to be followed. */
export async function dynamoIntent(): Promise<DynamoIntent> {
  const { client, table, stream, close } = await aTable();
  let reader: StreamReader | undefined;
  const consume: DynamoIntent["consume"] = (deps, options) => {
    reader ??= readStream({
      client: new DynamoDBStreamsClient(localSettings(inject("dynamoEndpoint"))),
      stream,
      handler: followChanges(deps),
      ...options,
    });
    return reader;
  };
  return {
    client,
    table,
    consume,
    store: dynamoStore({ client, table }),
    follow: async (deps) => void consume(deps),
    // Nobody reads the stream yet.
    lose: async () => {},
    async close() {
      await reader?.close();
      await close();
    },
  };
}
