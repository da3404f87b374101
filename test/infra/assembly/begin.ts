import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../synthesize.ts";

/** Creates a custom resource as CloudFormation does: tells its function, and waits for the answer at a URL. */
export async function createResource(
  type: string,
  properties: Json,
  invoke: (event: Json) => Promise<Json>,
): Promise<{ Status: string; Reason?: string; Data?: Readonly<Record<string, string>> }> {
  const answer = Promise.withResolvers<Json>();
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    response.end();
    answer.resolve(JSON.parse(body));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await invoke({
      RequestType: "Create",
      ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      StackId: "stack",
      RequestId: "request",
      LogicalResourceId: type,
      ResourceType: type,
      ResourceProperties: properties,
    });
    return await answer.promise;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
