import { randomBytes } from "node:crypto";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createNkey } from "#adapters/nats/nkey.ts";
import { sealingKeyId } from "#adapters/sealing-key-id.ts";
import type { EnrollResponse } from "#core/messages.ts";
import { startNetwork, type TestNetwork } from "./a-network.ts";
import { enroll, newToken, prove, TestNode } from "./a-node.ts";

const LONG = { timeout: 60_000 };
let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork({ heartbeatMs: 10_000 });
});
afterAll(() => network.stop());

/** Which signing key let a node in. */
const issuerOf = (jwt = ""): string => JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()).iss;
const sealedWith = async () => (await network.internal("GET", "/v1/status")).body.sealedWith;
/** Counts how often the node's connection was lost. */
function disconnectsOf(node: TestNode): () => number {
  let count = 0;
  void (async () => {
    for await (const { type } of node.connection.status()) if (type === "disconnect") count += 1;
  })();
  return () => count;
}
async function aJoinedNode() {
  const key = createNkey("user");
  const { secret } = await newToken(network);
  const answer = (await enroll(network, key, secret)).body as unknown as EnrollResponse;
  return { key, answer, node: await TestNode.connect(answer, key) };
}

describe("a new sealing key", () => {
  it("seals everything anew with new signing keys, and drops nobody", async () => {
    const [old, next] = [network.settings.sealingKeys[0] ?? Buffer.alloc(0), randomBytes(32)];
    expect(await sealedWith()).toBe(sealingKeyId(old));
    expect((await network.call("POST", "/v1/workspaces", { body: { name: "second" } })).status).toBe(201);
    const before = await aJoinedNode();
    await before.node.hello();
    const lost = disconnectsOf(before.node);

    await network.restart({ sealingKeys: [next, old], operatorSigningSeed: network.broker.signingKeys[1].seed });
    await expect.poll(sealedWith, LONG).toBe(sealingKeyId(next));
    const after = await aJoinedNode();
    expect(issuerOf(after.answer.jwt)).not.toBe(issuerOf(before.answer.jwt));
    expect(await after.node.hello()).not.toHaveProperty("reject");
    expect(await before.node.hello()).not.toHaveProperty("reject");
    expect(lost()).toBe(0);
    // What was signed before opens the door still.
    const again = await TestNode.connect(before.answer, before.key);
    expect(await again.hello()).not.toHaveProperty("reject");
    await Promise.all([again.close(), before.node.close(), after.node.close()]);

    await network.restart({ sealingKeys: [next] });
    expect(await sealedWith()).toBe(sealingKeyId(next));
    expect(issuerOf((await aJoinedNode()).answer.jwt)).toBe(issuerOf(after.answer.jwt));
    const names = (await network.call("GET", "/v1/workspaces")).body.items?.map(({ name }) => name);
    expect(names).toEqual(["default", "second"]);
  });

  it("forgets the signing keys of before once nobody can hold anything of theirs", async () => {
    const [old, next] = [network.settings.sealingKeys[0] ?? Buffer.alloc(0), randomBytes(32)];
    const { key, answer, node } = await aJoinedNode();
    await network.restart({ sealingKeys: [next, old] });
    await expect.poll(sealedWith, LONG).toBe(sealingKeyId(next));
    network.advance(8 * 86_400_000);
    await network.orchestrator.sweep();
    // The broker's clock stands: only the missing key can shut this node out.
    await expect.poll(() => node.connection.isClosed() || disconnected(node), LONG).toBe(true);
    network.advance(-8 * 86_400_000);
    await node.close();
    const renew = () => {
      const claim = prove(key, { workspace: "default", node: answer.node, ts: Date.now() });
      return network.call("POST", "/v1/renew", { body: claim, bearer: null });
    };
    // The leap of the clock costs the lease as well: until it is held again the answer is to try again.
    await expect.poll(async () => (await renew()).status, LONG).toBe(200);
    const { body } = await renew();
    expect(issuerOf((body as unknown as EnrollResponse).jwt)).not.toBe(issuerOf(answer.jwt));
  });
});

const disconnected = (node: TestNode): Promise<boolean> =>
  node.connection
    .flush()
    .then(() => false)
    .catch(() => true);

describe("the key of desired documents", () => {
  it("is announced by a rotation, and signs once every node was told", async () => {
    const [old, next] = [network.settings.sealingKeys[0] ?? Buffer.alloc(0), randomBytes(32)];
    const pipeline = {
      ...{ v: 1, name: "p", inputs: [{ id: "i", stdin: {} }], processors: [], outputs: [{ id: "o", stdout: {} }] },
    };
    expect((await network.call("PUT", "/v1/workspaces/default/pipelines/p", { body: pipeline })).status).toBe(201);
    const { node, answer } = await aJoinedNode();
    await node.hello();
    const deployment = { pipeline: "p@1", selector: {} };
    const made = await network.call("POST", "/v1/workspaces/default/deployments", { body: deployment });
    expect([made.status, made.body.detail]).toEqual([201, undefined]);
    await expect.poll(async () => (await node.desired())?.pipelines.length, LONG).toBe(1);
    const before = await node.desired();

    await network.restart({ sealingKeys: [next, old] });
    await expect.poll(sealedWith, LONG).toBe(sealingKeyId(next));
    const told = (await aJoinedNode()).answer.configKeys.map(({ kid }) => kid);
    expect(told).toHaveLength(2);
    expect(answer.configKeys.map(({ kid }) => kid)).toContain(told[0]);
    expect((await node.desired())?.kid).toBe(before?.kid);

    network.advance(8 * 86_400_000);
    await network.orchestrator.sweep();
    network.advance(-8 * 86_400_000);
    // The orchestrator's own connection was let in by the key that is gone: it comes back with the new one.
    const later = await vi.waitFor(aJoinedNode, LONG);
    expect(later.answer.configKeys.map(({ kid }) => kid)).toEqual([told[1]]);
    await expect.poll(async () => (await later.node.desired())?.kid, LONG).toBe(told[1]);
    await Promise.all([node.close(), later.node.close()]);
  });
});

describe("a reload of the broker", () => {
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: network.broker.port, ca: network.broker.caPem }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.once("error", reject);
    });

  it("shows the new certificate and drops nobody", async () => {
    const { node } = await aJoinedNode();
    const lost = disconnectsOf(node);
    const before = await shown();
    network.broker.renewCertificate();
    expect(await shown()).toBe(before);
    expect((await network.internal("POST", "/v1/broker/reload")).status).toBe(204);
    await expect.poll(shown, LONG).not.toBe(before);
    await node.connection.flush();
    expect(lost()).toBe(0);
    expect((await network.internal("POST", "/v1/broker/reload", { client: "somebody" })).status).toBe(403);
    await node.close();
  });
});

describe("a drain notice", () => {
  it("reaches the nodes of every workspace before it is answered, with one window, and is the agent's alone", async () => {
    const { node } = await aJoinedNode();
    const told: unknown[] = [];
    node.connection.subscribe("cp1.b.all", { callback: (_, message) => void told.push(message.json()) });
    await node.connection.flush();
    expect((await network.internal("POST", "/v1/broker/drain", { client: "somebody" })).status).toBe(403);
    expect((await network.internal("POST", "/v1/broker/drain")).status).toBe(204);
    // The broker has taken the notice: it comes before the answer to anything that is sent now.
    await node.connection.flush();
    expect(told).toEqual([{ kind: "draining", windowMs: 1_000 }]);
    await node.close();
  });

  it("is refused where the broker does not answer", async () => {
    await network.broker.kill();
    await expect.poll(async () => (await network.internal("POST", "/v1/broker/drain")).status, LONG).toBe(503);
    await network.broker.start();
    await expect.poll(async () => (await network.internal("POST", "/v1/broker/drain")).status, LONG).toBe(204);
  });
});

describe("settings", () => {
  it("reach nodes that are connected and those that come, and decide how long credentials live", async () => {
    const { node, answer } = await aJoinedNode();
    expect((await node.hello()).hb.everyMs).toBe(10_000);
    expect(answer.hb.everyMs).toBe(10_000);
    expect(Math.round(((answer.jwtExp ?? 0) * 1_000 - Date.now()) / 3_600_000)).toBe(24);
    const told: unknown[] = [];
    node.connection.subscribe("cp1.b.all", { callback: (_, message) => void told.push(message.json()) });
    await node.connection.flush();
    await network.restart({ heartbeatMs: 30_000, credentialSeconds: 3_600 });
    await expect.poll(() => told, LONG).toContainEqual({ kind: "hb", everyMs: 30_000 });
    expect((await node.hello()).hb.everyMs).toBe(30_000);
    const later = await aJoinedNode();
    expect(later.answer.hb.everyMs).toBe(30_000);
    expect(Math.round(((later.answer.jwtExp ?? 0) * 1_000 - Date.now()) / 60_000)).toBe(60);
    await Promise.all([node.close(), later.node.close()]);
  });

  it("let no more nodes in than the plan allows, however many come at once", async () => {
    const { secret } = await newToken(network, { maxUses: null });
    const { body } = await network.call("GET", "/v1/workspaces/default/nodes?limit=200");
    const there = (body.items ?? []).length;
    await network.restart({ nodeLimit: there + 5 });
    const keys = Array.from({ length: 20 }, () => createNkey("user"));
    // Nodes whose answers are lost ask again while their first request is still under way.
    const came = await Promise.all([...keys, ...keys].map((key) => enroll(network, key, secret)));
    expect(new Set(came.filter(({ status }) => status === 201).map(({ body: { node } }) => node)).size).toBe(5);
    expect(came.find(({ status }) => status === 403)).toMatchObject({ body: { code: "quota_nodes" } });
    const after = await network.call("GET", "/v1/workspaces/default/nodes?limit=200");
    expect(after.body.items).toHaveLength(there + 5);
  });
});
