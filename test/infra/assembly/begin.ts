import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../synthesize.ts";

/** What CloudFormation was answered. */
export interface Answered {
  readonly Status: "SUCCESS" | "FAILED";
  readonly PhysicalResourceId: string;
  readonly Reason?: string;
  readonly Data?: Readonly<Record<string, string>>;
}

export interface Told {
  readonly requestType: "Create" | "Update" | "Delete";
  readonly id: string;
  /** As it was answered before; of what is yet to be made there is none. */
  readonly physicalId?: string;
  readonly properties: Json;
}

/** Tells the function of a custom resource as CloudFormation does, and waits for the answer at a URL. */
export async function tellResource(
  { requestType, id, physicalId, properties }: Told,
  invoke: (event: Json) => Promise<Json>,
): Promise<Answered> {
  const answer = Promise.withResolvers<Answered>();
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    response.end();
    answer.resolve(JSON.parse(body));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await invoke({
      RequestType: requestType,
      ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      StackId: "stack",
      RequestId: "request",
      LogicalResourceId: id,
      ResourceType: id,
      ...(requestType === "Create" ? {} : { PhysicalResourceId: physicalId }),
      ResourceProperties: properties,
    });
    return await answer.promise;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
