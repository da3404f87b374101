import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFolder, type Standalone, startStandalone } from "./standalone.ts";

const data = aFolder();
let plane: Standalone;
beforeAll(async () => {
  plane = await startStandalone(data, "--cells", "1");
}, 120_000);
afterAll(async () => {
  await plane.stop();
  rmSync(data, { recursive: true, force: true });
});

function aClient(): SFNClient {
  const file = readFileSync(join(data, "aws-credentials"), "utf8");
  const value = (name: string) => new RegExp(`^${name} = (.*)$`, "m").exec(file)?.[1] ?? "";
  const { url, region } = plane.endpoints().stepFunctions;
  return new SFNClient({
    endpoint: url,
    region,
    credentials: { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") },
  });
}

describe("Step Functions beside npm start", () => {
  it("shows the workflow that creates a network, step by step", async () => {
    const { stateMachines } = plane.endpoints().stepFunctions;
    const stateMachineArn = stateMachines["converge-network"];
    expect(stateMachineArn).toBe("arn:aws:states:local-1:000000000000:stateMachine:converge-network");

    const headers = { "idempotency-key": "step-functions" };
    const { json } = await plane.call("POST", "/v1/orgs/default/networks", { name: "seen" }, headers);
    const client = aClient();
    const name = `${json.operation.id}-1`;
    const executionsNow = async () => {
      const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
      return executions.find((execution) => execution.name === name);
    };
    await expect.poll(async () => (await executionsNow())?.status, { timeout: 60_000 }).toBe("SUCCEEDED");
    const { executionArn } = (await executionsNow()) ?? {};
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }));
    const entered = events.flatMap(({ type, stateEnteredEventDetails }) =>
      type === "TaskStateEntered" ? [stateEnteredEventDetails?.name] : [],
    );
    expect(entered).toContain("PlaceNetwork");
    client.destroy();
  }, 90_000);

  it("is found at the same place after a restart", async () => {
    const before = plane.endpoints().stepFunctions;
    await plane.stop();
    plane = await startStandalone(data, "--cells", "1");
    expect(plane.endpoints().stepFunctions).toEqual(before);
    const client = aClient();
    const stateMachineArn = before.stateMachines["converge-network"];
    expect((await client.send(new ListExecutionsCommand({ stateMachineArn }))).$metadata.httpStatusCode).toBe(200);
    client.destroy();
  }, 90_000);
});
