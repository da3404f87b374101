import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natsBus } from "#adapters/nats/bus.ts";
import { connectToBroker } from "#adapters/nats/connect.ts";
import { busContract } from "../../contracts/bus.ts";
import { startBroker, type TestBroker } from "./server.ts";

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

const open = async () =>
  natsBus(await connectToBroker(broker, { name: "test", credentials: () => broker.orchestrator }));

busContract("a connection to nats-server", open);

describe("a connection to nats-server that is killed", () => {
  it("finds its buckets again, and its watches miss nothing that changed meanwhile", async () => {
    const [bus, other] = [await open(), await open()];
    const seen = new Map<string, string | undefined>();
    const bucket = await bus.bucket("SURVIVES");
    await bucket.put("a", "1");
    const stop = await bucket.watch(({ key, value }) => seen.set(key, value));
    await broker.kill();
    await expect.poll(() => bus.isConnected()).toBe(false);
    await broker.start();
    await expect.poll(() => other.isConnected()).toBe(true);
    const later = await other.bucket("SURVIVES");
    await expect.poll(() => later.put("a", "2").catch(() => "not yet")).not.toBe("not yet");
    await later.put("b", "1");
    await expect.poll(() => Object.fromEntries(seen), { timeout: 60_000 }).toEqual({ a: "2", b: "1" });
    stop();
    await Promise.all([bus.close(), other.close()]);
  });
});
