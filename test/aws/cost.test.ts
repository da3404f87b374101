import { readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, inject, it } from "vitest";
import { dynamoStore } from "#adapters/dynamodb.ts";
import { NetworkSpec } from "#core/model/network.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { deleteNetwork } from "#core/operations/delete-network.ts";
import { meterNetworks } from "#core/operations/meter-networks.ts";
import { readNetwork } from "#core/operations/read-network.ts";
import type { Store } from "#core/ports.ts";
import { sweepAndTell } from "../../functions/schedules/sweep-and-tell.ts";
import { counted } from "../../infra/costs/counted.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";
import { countCapacity } from "./capacity.ts";
import { dynamoIntent } from "./intent.ts";
import { localSettings } from "./local-settings.ts";

/** The lines of the document's table: what is done, and the most write and read units that it may cost. */
const budgets = [
  ...readFileSync(new URL("../../docs/intent-table.md", import.meta.url), "utf8").matchAll(
    /^\| ([^|]+?) \| [\d.]+ \| [\d.]+ \| (\d+) \| (\d+) \|$/gm,
  ),
].map(([, what = "", write, read]) => ({ what, write: Number(write), read: Number(read) }));

describe("what a network costs in units", () => {
  let plane: TestControlPlane<Store>;
  const watcher = new DynamoDBClient(localSettings(inject("dynamoEndpoint")));
  afterEach(async () => {
    await plane.close();
    watcher.destroy();
  });

  it("is no more than the table of costs says: what is accepted, and what schedules do when nobody does anything", async () => {
    const intent = await dynamoIntent();
    plane = await aControlPlane({ intent });
    await plane.addCell();
    const spent = countCapacity(intent.client);
    const over: string[] = [];
    const within = (step: keyof typeof counted) => {
      const { write, read } = spent();
      console.log(`${step}: ${write} write, ${read} read units`);
      if (write > counted[step].write || read > counted[step].read) over.push(`${step}: ${write}, ${read}`);
    };
    spent();
    await sweepAndTell(plane.deps)({}, {} as Parameters<ReturnType<typeof sweepAndTell>>[1]);
    within("a look of the sweep that finds nothing");

    const spec = NetworkSpec.parse({ name: "metered" });
    const made = await createNetwork(plane.deps, plane.caller, { org: "default", spec, idempotencyKey: undefined });
    within("create: accepted");
    const unwatched = dynamoStore({ client: watcher, table: intent.table });
    const settled = (operation: string) =>
      expect.poll(async () => (await unwatched.get("operation", operation))?.value.state).toBe("succeeded");
    await plane.follow();
    await settled(made.operation.id);
    within("create: until ready");
    plane.clock.advance(6 * 60_000);
    expect(await meterNetworks(plane.deps)).toEqual({ booked: 1 });
    within("a booking of one network's usage");
    expect(over).toEqual([]);
  });

  it("is no more than docs/intent-table.md says, and nothing scans", async () => {
    const intent = await dynamoIntent();
    plane = await aControlPlane({ intent });
    await plane.addCell();
    await plane.addCell();
    const spent = countCapacity(intent.client);
    const unwatched = dynamoStore({ client: watcher, table: intent.table });
    const settled = (operation: string) =>
      expect.poll(async () => (await unwatched.get("operation", operation))?.value.state).toBe("succeeded");

    const { network, operation } = await createNetwork(plane.deps, plane.caller, {
      org: "default",
      spec: NetworkSpec.parse({ name: "factory-7", labels: { env: "production", site: "hamburg" } }),
      idempotencyKey: "a-key",
    });
    const create = spent();
    await plane.follow();
    await settled(operation.id);
    const converge = spent();
    await readNetwork(plane.deps, plane.caller, network.id);
    const read = spent();
    const gone = await deleteNetwork(plane.deps, plane.caller, { id: network.id, ifMatch: "*" });
    const remove = spent();
    await settled(gone.operation.id);
    const takeAway = spent();

    const counted = {
      "create: accepted": create,
      "create: until ready, two cells to choose from": converge,
      "read one network": read,
      "delete: accepted": remove,
      "delete: until gone": takeAway,
    };
    expect(budgets.map(({ what }) => what)).toEqual(Object.keys(counted));
    const over = Object.entries(counted).filter(([what, { write, read }]) => {
      const budget = budgets.find((line) => line.what === what);
      return write > (budget?.write ?? 0) || read > (budget?.read ?? 0);
    });
    expect(over).toEqual([]);
    console.log(
      Object.entries(counted)
        .map(([what, { write, read }]) => `${what}: ${write} write, ${read} read units`)
        .join("\n"),
    );

    const calls = new Set(Object.values(counted).flatMap((one) => Object.keys(one.calls)));
    expect(calls).not.toContain("ScanCommand");
  });
});
