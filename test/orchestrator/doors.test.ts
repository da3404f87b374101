import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNkey } from "#adapters/nats/nkey.ts";
import { orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { startNetwork, type TestNetwork } from "./a-network.ts";
import { enroll, newToken, TestNode } from "./a-node.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork({ nodeLimit: 40 });
});
afterAll(() => network.stop());

const ws = "/v1/workspaces/default";
const unknown = { nod: `nod_${"0".repeat(26)}`, tok: `tok_${"0".repeat(26)}`, dep: `dep_${"0".repeat(26)}` };

describe("who may call", () => {
  const ways: [string, () => Promise<string | null>][] = [
    ["nobody", async () => null],
    ["an unknown key", async () => "cpk_000000000000_secret"],
    ["no token at all", async () => "eyJhbGciOiJub25lIn0.e30."],
    ["a token for another network", () => network.token("owner", { aud: `net_${"1".repeat(26)}` })],
    ["a token of another kind", () => network.token("owner", {}, "cell+jwt")],
    ["an expired token", () => network.token("owner", { iat: 1_000, exp: 1_900 })],
    ["a token that lives too long", () => network.token("owner", { exp: Math.floor(Date.now() / 1_000) + 3_600 })],
    ["a role that does not exist", () => network.token("owner", { role: "root" })],
    ["another issuer", () => network.token("owner", { iss: "https://elsewhere.example" })],
  ];
  it.each(ways)("refuses %s, and says where a token comes from", async (_, bearer) => {
    const { status, type, body } = await network.call("GET", "/v1/workspaces", { bearer: await bearer() });
    expect([status, type]).toEqual([401, "application/problem+json"]);
    expect(body.detail).toContain("POST /v1/networks/{net}/token");
  });

  it.each(Object.entries(routes).filter(([, route]) => "action" in route))(
    "%s is closed to strangers, and to viewers unless it only reads",
    async (_, { method, path }) => {
      const place = path.replace("{ws}", "default").replace(/\{\w+\}/g, "x");
      expect((await network.call(method, place, { bearer: null })).status).toBe(401);
      const viewer = await network.call(method, place, {
        bearer: await network.token("viewer"),
        text: "{}",
        ...noBody(method),
      });
      if (method !== "GET" && !path.endsWith("/validate")) expect(viewer.status).toBe(403);
      else expect(viewer.status).not.toBe(401);
    },
  );

  it("hides other workspaces from who is bound to one", async () => {
    const bearer = await network.token("admin", { workspaces: ["elsewhere"] });
    expect((await network.call("GET", `${ws}/nodes`, { bearer })).status).toBe(404);
    expect((await network.call("GET", "/v1/workspaces", { bearer })).body.items).toEqual([]);
    expect((await network.call("POST", "/v1/workspaces", { bearer, body: { name: "more" } })).status).toBe(403);
  });
});

/** A GET takes no body; fetch refuses to send one. */
const noBody = (method: string) => (method === "GET" ? { text: undefined as unknown as string } : {});

describe("bad input", () => {
  const cases: [string, string, string, Parameters<TestNetwork["call"]>[2], number][] = [
    ["not JSON", "POST", `${ws}/tokens`, { text: "{" }, 400],
    ["no body", "POST", `${ws}/tokens`, { text: "" }, 400],
    ["an array", "POST", `${ws}/tokens`, { body: [] }, 400],
    ["another content type", "POST", `${ws}/tokens`, { text: "a=b", type: "application/x-www-form-urlencoded" }, 415],
    ["YAML where JSON is due", "POST", `${ws}/tokens`, { text: "name: a", type: "application/yaml" }, 415],
    ["too large", "POST", `${ws}/tokens`, { body: { name: "x".repeat(1_100_000) } }, 413],
    ["an unknown field", "POST", `${ws}/tokens`, { body: { name: "a", surprise: 1 } }, 400],
    ["a bad duration", "POST", `${ws}/tokens`, { body: { name: "a", expiresIn: "soon" } }, 400],
    ["no uses", "POST", `${ws}/tokens`, { body: { name: "a", maxUses: 0 } }, 400],
    ["a bad label", "POST", `${ws}/tokens`, { body: { name: "a", labels: { "a b": "c" } } }, 400],
    ["a bad network", "POST", `${ws}/tokens`, { body: { name: "a", allowedCidrs: ["10.0.0.0/99"] } }, 400],
    ["a bad name", "POST", "/v1/workspaces", { body: { name: "Not A Name" } }, 400],
    ["a name twice", "POST", "/v1/workspaces", { body: { name: "default" } }, 409],
    ["an unknown workspace", "GET", "/v1/workspaces/nowhere/nodes", {}, 404],
    ["the last workspace", "DELETE", ws, {}, 409],
    ["an unknown node", "GET", `${ws}/nodes/${unknown.nod}`, {}, 404],
    ["no id of a node", "GET", `${ws}/nodes/.*`, {}, 404],
    ["an unknown token", "POST", `${ws}/tokens/${unknown.tok}/revoke`, {}, 404],
    ["an unknown deployment", "DELETE", `${ws}/deployments/${unknown.dep}`, {}, 404],
    ["an unknown pipeline", "GET", `${ws}/pipelines/nothing`, {}, 404],
    ["a bad cursor", "GET", `${ws}/nodes?cursor=abc`, {}, 400],
    ["a limit too high", "GET", `${ws}/nodes?limit=201`, {}, 400],
    ["an unknown parameter", "GET", `${ws}/nodes?colour=red`, {}, 400],
    ["a bad selector", "GET", `${ws}/nodes?selector=${encodeURIComponent("env in (")}`, {}, 400],
    ["a pipeline that is none", "PUT", `${ws}/pipelines/logs`, { body: { v: 1 } }, 400],
    ["YAML that is none", "PUT", `${ws}/pipelines/logs`, { text: "a: [", type: "application/yaml" }, 400],
    ["a deployment of nothing", "POST", `${ws}/deployments`, { body: { pipeline: "none@1", selector: {} } }, 400],
    ["no selector", "POST", `${ws}/deployments`, { body: { pipeline: "none@1" } }, 400],
    ["an empty selector", "POST", `${ws}/deployments`, { body: { pipeline: "none@1", selector: "" } }, 400],
    ["a strategy", "POST", `${ws}/deployments`, { body: { pipeline: "a@1", selector: {}, strategy: "rolling" } }, 400],
    ["another method", "PUT", "/v1/workspaces", { body: {} }, 405],
    ["nowhere", "GET", "/v1/nothing", {}, 404],
    ["an enrolment that is none", "POST", "/v1/enroll", { body: {}, bearer: null }, 400],
    ["an enrolment that is no object", "POST", "/v1/enroll", { body: null, bearer: null }, 400],
  ];
  it.each(cases)("%s", async (_, method, path, options, status) => {
    const answer = await network.call(method, path, options);
    expect([answer.status, answer.type]).toEqual([status, "application/problem+json"]);
    expect(answer.body).toMatchObject({
      type: expect.stringMatching(/^urn:cellplane:/),
      status,
      detail: expect.stringMatching(/\w/),
    });
    if (status === 400 && answer.body.errors) expect(answer.body.errors).not.toEqual([]);
  });

  it("has written nothing", async () => {
    for (const list of ["tokens", "pipelines", "deployments", "nodes"])
      expect((await network.call("GET", `${ws}/${list}`)).body.items).toEqual([]);
    expect((await network.call("GET", "/v1/workspaces")).body.items).toHaveLength(1);
  });
});

describe("repeats", () => {
  it("acts once per key, never shows a secret again, and refuses the key for something else", async () => {
    const headers = { "idempotency-key": "one" };
    const first = await network.call("POST", `${ws}/tokens`, { body: { name: "once" }, headers });
    expect(first.status).toBe(201);
    const again = await network.call("POST", `${ws}/tokens`, { body: { name: "once" }, headers });
    expect([again.status, again.body.type]).toEqual([409, "urn:cellplane:secret-already-shown"]);
    const other = await network.call("POST", `${ws}/tokens`, { body: { name: "other" }, headers });
    expect([other.status, other.body.type]).toEqual([409, "urn:cellplane:idempotency-key-reused"]);
    expect((await network.call("GET", `${ws}/tokens`)).body.items).toHaveLength(1);
    expect(network.logged.join()).not.toContain(first.body.secret);
  });
});

describe("bootstrap tokens", () => {
  it("gives the last use to exactly one of many machines at once", async () => {
    const { secret } = await newToken(network, { maxUses: 2 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => enroll(network, createNkey("user"), secret)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(answers.filter(({ body }) => body.code === "token_exhausted")).toHaveLength(6);
  });

  it("answers a machine that did not hear the answer with the same node, also at the same time", async () => {
    const { secret } = await newToken(network);
    const key = createNkey("user");
    const answers = await Promise.all([1, 2, 3].map(() => enroll(network, key, secret)));
    expect(new Set(answers.map(({ body }) => body.node)).size).toBe(1);
    expect((await enroll(network, key, secret)).status).toBe(201);
  });

  const refusals: [string, string, Record<string, unknown>, Record<string, unknown>][] = [
    ["from elsewhere", "ip_not_allowed", { allowedCidrs: ["10.0.0.0/8"] }, {}],
    ["with a label it may not bring", "label_not_allowed", { allowLabelKeys: ["env"] }, { labels: { tier: "a" } }],
    ["with a wrong clock", "clock_skew", {}, { ts: Date.now() - 3_600_000 }],
    ["with another protocol", "proto_unsupported", {}, { edge: { version: "9.0.0", proto: [9] } }],
    ["with a wrong secret", "token_unknown", {}, { secret: "wrong" }],
    ["with an unknown token", "token_unknown", {}, { tokenId: unknown.tok }],
    ["with another's key", "bad_signature", {}, { pub: createNkey("user").public }],
  ];
  it.each(refusals)("keeps out a machine %s", async (_, code, spec, more) => {
    const { secret } = await newToken(network, spec);
    const { status, body } = await enroll(network, createNkey("user"), secret, more);
    expect(body).toMatchObject({ code, detail: expect.stringMatching(/\w/) });
    expect(status).toBeGreaterThanOrEqual(400);
  });

  it.each([
    ["pause", "token_paused"],
    ["revoke", "token_revoked"],
  ])("keeps everybody out after %s", async (verb, code) => {
    const { id, secret } = await newToken(network);
    expect((await network.call("POST", `${ws}/tokens/${id}/${verb}`)).status).toBe(200);
    expect((await enroll(network, createNkey("user"), secret)).body.code).toBe(code);
  });

  it("lets a node in that needs approval only once it has it", async () => {
    const { secret } = await newToken(network, { requireApproval: true });
    const key = createNkey("user");
    const pending = await enroll(network, key, secret);
    expect([pending.status, pending.body.status, pending.body.jwt]).toEqual([202, "pending", undefined]);
    await network.call("POST", `${ws}/nodes/${pending.body.node}/approve`);
    const active = await enroll(network, key, secret);
    expect(active.body).toMatchObject({ node: pending.body.node, status: "active", jwt: expect.any(String) });
  });

  it("expires", async () => {
    const { secret } = await newToken(network, { expiresIn: "10m" });
    network.advance(600_001);
    const answer = await enroll(network, createNkey("user"), secret, { ts: Date.now() + 600_001 });
    expect(answer.body.code).toBe("token_expired");
    network.advance(-600_001);
  });
});

describe("what a node may do on the broker", () => {
  it("reads its own document and nobody else's, speaks as itself, and reads no stream", async () => {
    const [one, two] = await Promise.all([TestNode.join(network), TestNode.join(network)]);
    const denied: string[] = [];
    void (async () => {
      for await (const status of one.connection.status())
        if (status.type === "error") denied.push(status.error.message);
    })();
    const forbidden = [
      `$JS.API.DIRECT.GET.KV_DESIRED.$KV.DESIRED.${two.id}`,
      `cp1.n.${two.id}.hb`,
      `cp1.d.${two.id}.cmd.restart`,
      `_INBOX.${two.id}.x`,
      "$JS.API.STREAM.INFO.KV_NODES",
      "$JS.API.STREAM.MSG.GET.KV_TOKEN",
      "$KV.TOKEN.x",
      "$SYS.REQ.SERVER.PING",
    ];
    for (const subject of forbidden) one.connection.publish(subject, "{}");
    for (const subject of [`cp1.d.${two.id}.>`, "cp1.n.>", "_INBOX.>", "$KV.>"]) {
      forbidden.push(subject);
      one.connection.subscribe(subject, { callback: () => undefined });
    }
    await one.connection.flush();
    await expect
      .poll(() => forbidden.filter((subject) => !denied.some((text) => text.includes(`"${subject}"`))))
      .toEqual([]);
    expect(await one.desired()).toBeUndefined();
    await Promise.all([one.close(), two.close()]);
  });

  it("is thrown out at once when it is revoked, and gets nothing new", async () => {
    const node = await TestNode.join(network);
    await node.hello();
    const edges = async () => (await network.internal("GET", "/v1/status")).body.nodes;
    expect(await edges()).toMatchObject({ online: 1, edges: { "0.1.0": 1 } });
    const left = (async () => {
      for await (const status of node.connection.status()) if (status.type === "disconnect") return true;
      return false;
    })();
    expect((await network.call("POST", `${ws}/nodes/${node.id}/revoke`)).body.state).toBe("revoked");
    expect(await left).toBe(true);
    await expect.poll(edges).toMatchObject({ online: 0, edges: {} });
    expect(Object.keys(((await edges()) as { edges: object }).edges)).toEqual([]);
    await node.close();
  });
});

describe("the agent's door", () => {
  it("takes access documents from the agent alone, and passes over older ones", async () => {
    const document = (generation: number) => ({ ...(network.settings.access as object), generation });
    expect(await network.internal("PUT", "/v1/access", { body: document(5), client: "agent.other" })).toMatchObject({
      status: 403,
    });
    expect((await network.internal("PUT", "/v1/access", { body: document(3) })).body).toEqual({ generation: 3 });
    expect((await network.internal("PUT", "/v1/access", { body: document(2) })).body).toEqual({ generation: 3 });
    const { body } = await network.internal("GET", "/v1/status");
    expect(body).toMatchObject({ release: "1.2.3", ready: true, accessGeneration: 3, version: expect.any(String) });
  });

  it("shuts out who was revoked since their token was made", async () => {
    const bearer = await network.token("owner", { sub: "leaver" });
    expect((await network.call("GET", "/v1/workspaces", { bearer })).status).toBe(200);
    const before = new Date(Date.now() + 60_000).toISOString();
    const document = { ...(network.settings.access as object), generation: 9, revoked: [{ sub: "leaver", before }] };
    await network.internal("PUT", "/v1/access", { body: document });
    expect((await network.call("GET", "/v1/workspaces", { bearer })).status).toBe(401);
  });
});
