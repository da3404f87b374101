import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NetworkId } from "#core/model/ids.ts";
import type { CellOrder } from "#core/model/instance.ts";
import { aKey, aMember, aNetwork, anApi, type CallApi, testPeople } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

const any = { "if-match": "*" };

describe("the access list of a network", () => {
  const people = testPeople();
  let plane: TestControlPlane;
  let call: CallApi;
  let net: NetworkId;
  let path: string;
  beforeEach(async () => {
    plane = await aControlPlane({ people });
    const owner = await aKey(plane);
    call = anApi(plane, owner);
    await plane.addCell();
    net = await aNetwork(call, plane.caller.org, "factory", owner);
    path = `/v1/networks/${net}/access`;
    await plane.follow();
  });
  afterEach(() => plane.close());

  /** The newest order that the cell was given. */
  async function ordered(operation: string): Promise<CellOrder> {
    await plane.follow();
    expect((await plane.ended(operation)).state).toBe("succeeded");
    const order = plane.cells.orders(net).at(-1);
    if (!order) throw new Error("nothing was ordered");
    return order;
  }
  async function somebody(name: string, role: "admin" | "viewer") {
    const token = people.person(name);
    const admin = await aKey(plane, { role: "owner" });
    await aMember(call, { admin, token, email: `${name}@example.com`, org: plane.caller.org, role });
    const { id } = (await call("GET", "/v1/me", { bearer: token })).json as unknown as { id: string };
    const claims = async (body: object = {}) => {
      const answer = await call("POST", `/v1/networks/${net}/token`, { bearer: token, body });
      const text = (answer.json as unknown as { token?: string }).token;
      return { status: answer.status, claims: text === undefined ? undefined : decodeJwt(text) };
    };
    return { token, id, claims };
  }

  it("is empty at first, and is changed with the ETag that was read", async () => {
    const read = await call("GET", path);
    expect(read).toMatchObject({ status: 200, json: { entries: [] } });
    const etag = read.headers.get("etag") ?? "";
    const body = { entries: [{ subject: "user:eve", role: "viewer", workspaces: ["default"] }] };
    expect((await call("PUT", path, { body })).status).toBe(428);
    const put = await call("PUT", path, { body, headers: { "if-match": etag } });
    expect(put).toMatchObject({ status: 200, json: { ...body, operation: expect.stringMatching(/^op_/) } });
    expect((await call("PUT", path, { body: { entries: [] }, headers: { "if-match": etag } })).status).toBe(412);
    const again = await call("GET", path);
    expect(again.json).toEqual(body);
    expect(again.headers.get("etag")).toBe(put.headers.get("etag"));
  });

  it("says what is wrong with an entry, and writes nothing", async () => {
    const before = await call("GET", `/v1/networks/${net}`);
    for (const entries of [[{ subject: "x", role: "king" }], [{ subject: "x" }], "everybody", undefined])
      expect((await call("PUT", path, { body: { entries }, headers: any })).status).toBe(400);
    expect((await call("GET", `/v1/networks/${net}`)).headers.get("etag")).toBe(before.headers.get("etag"));
  });

  it("is one new generation, and none where nothing changes", async () => {
    const body = { entries: [{ subject: "user:eve", role: "viewer" }] };
    const tag = async () => (await call("GET", `/v1/networks/${net}`)).headers.get("etag");
    await call("PUT", path, { body, headers: any });
    expect(await tag()).toBe('"2"');
    await call("PUT", path, { body, headers: any });
    expect(await tag()).toBe('"2"');
    const { json } = await call("GET", "/v1/orgs/default/audit");
    expect(json.items).toContainEqual(
      expect.objectContaining({ action: "network.access", subject: net, before: [], after: body.entries }),
    );
  });

  it("tells the cell whose tokens of before are worth nothing any more", async () => {
    const put = async (entries: object[]) =>
      ordered((await call("PUT", path, { body: { entries }, headers: any })).json.operation as unknown as string);
    const first = await put([{ subject: "user:eve", role: "owner" }]);
    expect(first.access).toMatchObject({ generation: 2, revoked: [] });
    const lowered = await put([{ subject: "user:eve", role: "viewer" }]);
    expect(lowered.access).toMatchObject({ generation: 3, revoked: [{ sub: "user:eve", before: expect.anything() }] });
    expect(Math.abs(Date.parse(lowered.access.revoked[0]?.before ?? "") - Date.now())).toBeLessThan(30_000);
  });

  it("decides what the tokens of its subjects allow, within their own roles", async () => {
    const [eve, bob] = [await somebody("eve", "admin"), await somebody("bob", "viewer")];
    expect((await eve.claims()).claims).toMatchObject({ sub: `user:${eve.id}`, role: "admin" });
    const entries = [
      { subject: `user:${eve.id}`, role: "operator", workspaces: ["default"] },
      { subject: `user:${bob.id}`, role: "owner" },
    ];
    await call("PUT", path, { body: { entries }, headers: any });
    expect((await eve.claims()).claims).toMatchObject({ role: "operator", workspaces: ["default"] });
    expect((await eve.claims({ role: "viewer" })).claims).toMatchObject({ role: "viewer", workspaces: ["default"] });
    expect((await eve.claims({ role: "admin" })).status).toBe(403);
    const { claims } = await bob.claims();
    expect(claims?.role).toBe("viewer");
    expect(claims).not.toHaveProperty("workspaces");
  });

  it("never makes a token so old that its own revocation takes it", async () => {
    const eve = await somebody("eve", "admin");
    await call("PUT", path, { body: { entries: [{ subject: `user:${eve.id}`, role: "viewer" }] }, headers: any });
    const { claims } = await eve.claims();
    const revoked = (await plane.store.get("network-access", net))?.value.revoked ?? [];
    expect(revoked).toHaveLength(1);
    expect((claims?.iat ?? 0) * 1_000).toBeGreaterThanOrEqual(Date.parse(revoked[0]?.before ?? ""));
  });

  it("limits keys for the network, which the cell knows by their SHA-256", async () => {
    const made = await call("POST", "/v1/orgs/default/keys", { body: { name: "ci", role: "admin", networks: [net] } });
    const { id } = made.json.key;
    const body = { entries: [{ subject: `key:${id}`, role: "operator", workspaces: ["default"] }] };
    const put = await call("PUT", path, { body, headers: any });
    const { access } = await ordered(put.json.operation as unknown as string);
    expect(access.keys).toEqual([
      { id, sha256: plane.deps.secrets.sha256(made.json.secret), role: "operator", workspaces: ["default"] },
    ]);
  });

  it("goes with its network", async () => {
    await call("PUT", path, { body: { entries: [{ subject: "user:eve", role: "viewer" }] }, headers: any });
    const { json } = await call("DELETE", `/v1/networks/${net}`, { headers: any });
    await plane.follow();
    await plane.ended(json.operation.id);
    expect(await plane.store.get("network-access", net)).toBeUndefined();
  });

  it("cannot be changed while the network is being deleted", async () => {
    await call("DELETE", `/v1/networks/${net}`, { headers: any });
    expect((await call("PUT", path, { body: { entries: [] }, headers: any })).status).toBe(409);
    expect((await call("POST", `/v1/networks/${net}/rotate-secrets`)).status).toBe(409);
  });

  it("and the counter of rotations reach the cell; two rotations at once are one", async () => {
    const rotate = () => call("POST", `/v1/networks/${net}/rotate-secrets`);
    await plane.ended((await plane.store.list("operations-of-network", net, { limit: 1 }))[0]?.id ?? "");
    const first = await rotate();
    expect(first).toMatchObject({ status: 202, json: { operation: { kind: "rotate" } } });
    const second = await rotate();
    expect(second.json.operation.id).toBe(first.json.operation.id);
    expect((await ordered(first.json.operation.id)).spec).toMatchObject({ rotation: 1 });
    const third = await rotate();
    expect((await ordered(third.json.operation.id)).spec).toMatchObject({ rotation: 2 });
    const { json } = await call("PATCH", `/v1/networks/${net}`, { headers: any, body: { labels: { a: "b" } } });
    expect((await ordered(json.operation.id)).spec).toMatchObject({ rotation: 2 });
  });
});
