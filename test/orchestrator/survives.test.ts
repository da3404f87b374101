import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNetwork, type TestNetwork } from "./a-network.ts";
import { TestNode } from "./a-node.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork();
});
afterAll(() => network.stop());

const stateOf = async (node: string, workspace = "default") =>
  (await network.call("GET", `/v1/workspaces/${workspace}/nodes/${node}`)).body.state;

describe("liveness", () => {
  it("follows heartbeats, silence and farewells", async () => {
    const node = await TestNode.join(network);
    await node.hello();
    expect(await stateOf(node.id)).toBe("online");
    network.advance(40_000); // past the warm-up, with no heartbeat
    await network.orchestrator.sweep();
    expect(await stateOf(node.id)).toBe("offline");
    node.beat();
    await expect.poll(() => stateOf(node.id)).toBe("online");
    node.connection.publish(`cp1.n.${node.id}.bye`, "{}");
    await expect.poll(() => stateOf(node.id)).toBe("offline");
    await node.close();
  });

  it("hears of a closed connection from the broker", async () => {
    const node = await TestNode.join(network);
    await node.hello();
    await node.close();
    network.advance(6_000);
    const seen = async () => {
      await network.orchestrator.sweep();
      network.advance(1_000);
      return (await network.call("GET", `/v1/workspaces/default/nodes/${node.id}`)).body;
    };
    await expect.poll(seen).toMatchObject({ state: "offline", reason: "tcp_close" });
  });
});

describe("workspaces", () => {
  it("are invisible to one another, over NATS and HTTP, and go away with everything", async () => {
    expect((await network.call("POST", "/v1/workspaces", { body: { name: "other" } })).status).toBe(201);
    const [here, there] = [await TestNode.join(network), await TestNode.join(network, { workspace: "other" })];
    const heard: string[] = [];
    here.connection.subscribe("cp1.b.>", { callback: (_, message) => void heard.push(message.string()) });
    await here.connection.flush();
    await there.hello();
    expect(await stateOf(there.id, "other")).toBe("online");
    expect((await network.call("GET", `/v1/workspaces/default/nodes/${there.id}`)).status).toBe(404);
    expect((await network.call("GET", `/v1/workspaces/other/nodes/${here.id}`)).status).toBe(404);

    const out = (async () => {
      for await (const status of there.connection.status()) if (status.type === "disconnect") return true;
      return false;
    })();
    expect((await network.call("DELETE", "/v1/workspaces/other")).status).toBe(204);
    expect(await out).toBe(true);
    expect((await network.call("GET", "/v1/workspaces/other")).status).toBe(404);
    expect((await network.call("POST", "/v1/workspaces", { body: { name: "other" } })).status).toBe(201);
    expect((await network.call("GET", "/v1/workspaces/other/nodes")).body.items).toEqual([]);
    expect(heard).toEqual([]);
    await Promise.all([here.close(), there.close()]);
  });
});

describe("what is killed comes back", () => {
  it("an orchestrator finds the same nodes, online without a new hello", async () => {
    const node = await TestNode.join(network, { labels: { env: "prod" } });
    await node.hello({ env: "prod" });
    await network.restart();
    expect((await network.call("GET", `/v1/workspaces/default/nodes/${node.id}`)).body.labels).toMatchObject({
      env: "prod",
    });
    node.beat();
    await expect.poll(() => stateOf(node.id)).toBe("online");
    await node.close();
  });

  it("a broker that is killed comes back with every workspace, node and document", async () => {
    const node = await TestNode.join(network);
    await node.hello();
    await network.broker.kill();
    await expect.poll(async () => (await network.call("GET", "/readyz", { bearer: null })).status).toBe(503);
    await network.broker.start();
    await expect.poll(async () => (await network.call("GET", "/readyz", { bearer: null })).status).toBe(200);
    await expect
      .poll(() =>
        node.connection.flush().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    node.beat();
    await expect.poll(() => stateOf(node.id)).toBe("online");
    const later = await TestNode.join(network);
    expect((await later.hello()).session).toBe(later.boot);
    await Promise.all([node.close(), later.close()]);
  });
});
