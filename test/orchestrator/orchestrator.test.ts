import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyNkey } from "#adapters/nats/nkey.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { startNetwork, type TestNetwork } from "./a-network.ts";
import { TestNode } from "./a-node.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork();
});
afterAll(() => network.stop());

const aPipeline = (name: string, level = "debug") => ({
  v: 1,
  name,
  inputs: [{ id: "in", generate: {} }],
  processors: [{ filter: `e.level != "${level}"` }],
  outputs: [{ id: "out", stdout: {} }],
});

const ws = "/v1/workspaces/default";

describe("a network from nothing to a running pipeline", () => {
  it("is healthy and ready, and says which release it is", async () => {
    expect(await network.call("GET", "/healthz", { bearer: null })).toMatchObject({
      status: 200,
      body: { release: "1.2.3" },
    });
    expect(await network.call("GET", "/readyz", { bearer: null })).toMatchObject({ status: 200 });
  });

  it("takes a node from its token to an applied pipeline, and takes the pipeline off again", async () => {
    const node = await TestNode.join(network, { labels: { env: "prod" } });
    expect((await network.call("GET", `${ws}/nodes/${node.id}`)).body.state).toBe("never_connected");
    const welcome = await node.hello({ env: "prod" });
    expect(welcome).toMatchObject({ session: node.boot, desired: null, want: ["full"] });
    expect((await network.call("GET", `${ws}/nodes/${node.id}`)).body).toMatchObject({ state: "online" });
    expect((await network.internal("GET", "/v1/status")).body.nodes).toEqual({
      ...{ online: 1, total: 1, edges: { "0.1.0": 1 } },
    });

    const put = await network.call("PUT", `${ws}/pipelines/logs`, { body: aPipeline("logs") });
    expect(put).toMatchObject({ status: 201, body: { revision: { name: "logs", rev: 1 } } });
    const again = await network.call("PUT", `${ws}/pipelines/logs`, { body: aPipeline("logs") });
    expect(again).toMatchObject({ status: 200, body: { revision: { rev: 1 } } });

    const made = await network.call("POST", `${ws}/deployments`, {
      body: { pipeline: "logs@1", selector: "env=prod" },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { deployment: { pipeline: "logs@1", selector: "env=prod", state: "running" } },
    });
    const { id } = made.body.deployment as { id: string };

    await expect.poll(() => node.pokes.length).toBe(1);
    const document = await node.desired();
    if (!document) throw new Error("no document");
    expect(document).toEqual(node.pokes[0]);
    expect(document).toMatchObject({ node: node.id, gen: 1, pipelines: [{ name: "logs", rev: 1, state: "run" }] });
    const { sig, ...signed } = document;
    expect(verifyNkey(document.kid, Buffer.from(canonicalJson(signed)), Buffer.from(sig, "base64url"))).toBe(true);
    const sha256 = document.pipelines[0]?.sha256 ?? "";
    const body = await node.connection.request(`$JS.API.DIRECT.GET.KV_PIPE.$KV.PIPE.sha256.${sha256}`, "", {
      timeout: 2_000,
    });
    expect(body.json()).toMatchObject({ name: "logs" });

    const at = new Date().toISOString();
    node.report({
      gen: 1,
      applied: { gen: 1, hash: document.hash, at },
      pipelines: [{ name: "logs", rev: 1, health: "ok", since: at, restarts: 0 }],
    });
    node.beat({
      g: 1,
      h: document.hash.slice(0, 8),
      p: [{ n: "logs", r: 1, s: "ok", i: 10, o: 9, e: 1 }],
      r: [5, 60, 1, 2],
    });
    await expect
      .poll(async () => (await network.call("GET", `${ws}/deployments/${id}`)).body, { timeout: 60_000 })
      .toMatchObject({ state: "completed", counts: { total: 1, applied: 1 } });
    expect((await network.call("GET", `${ws}/nodes/${node.id}`)).body).toMatchObject({
      health: "ok",
      applied: { gen: 1 },
      pipelines: [{ name: "logs", rev: 1, health: "ok", in: 10, out: 9, errors: 1 }],
      resources: { rssMB: 60 },
    });

    // It stays in force for who comes later.
    const late = await TestNode.join(network, { labels: { env: "prod" } });
    const first = await late.hello({ env: "prod" });
    expect(first.desired).toMatchObject({ gen: 1 });

    expect((await network.call("DELETE", `${ws}/deployments/${id}`)).status).toBe(204);
    await expect.poll(async () => (await node.desired())?.pipelines).toEqual([]);
    await Promise.all([node.close(), late.close()]);
  });
});
