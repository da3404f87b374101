import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accessOf } from "#core/operations/access-of.ts";
import { accessKeysOf } from "#core/operations/keys-of-network.ts";
import type { Store } from "#core/ports.ts";
import { aKey, aNetwork, anApi, anOrganization, type CallApi } from "../an-api.ts";
import { aControlPlane, type Intent, type TestControlPlane } from "../control-plane.ts";

const any = { "if-match": "*" };
const keys = "/v1/orgs/default/keys";

/** API keys, wherever the intent is kept. */
export function keysContract(name: string, openIntent: () => Promise<Intent<Store>>): void {
  describe(`API keys, with the intent in ${name}`, () => {
    let plane: TestControlPlane<Store>;
    let call: CallApi;
    let owner: string;
    beforeEach(async () => {
      plane = await aControlPlane({ intent: await openIntent() });
      owner = await aKey(plane);
      call = anApi(plane, owner);
    });
    afterEach(() => plane.close());
    const make = (key: object = {}, request: object = {}) =>
      call("POST", keys, { body: { name: "ci", role: "operator", ...key }, ...request });
    const me = async (bearer: string, from?: string) =>
      (await call("GET", "/v1/me", { bearer, ...(from ? { from } : {}) })).status;

    it("are shown once, and only their digest is kept", async () => {
      const { status, json } = await make();
      expect(status).toBe(201);
      expect(json.secret).toMatch(/^cpk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
      expect(json.key).toMatchObject({ name: "ci", role: "operator", networks: null, cidrs: null, expiresAt: null });
      expect(await me(json.secret)).toBe(200);
      const kept = await plane.store.get("api-key", json.key.id);
      expect(JSON.stringify(kept)).not.toContain(json.secret);
      for (const path of [keys, `${keys}/${json.key.id}`, "/v1/orgs/default/audit"]) {
        const text = JSON.stringify((await call("GET", path)).json);
        expect(text).toContain(json.key.id);
        expect(text).not.toContain(json.secret);
        expect(text).not.toContain(kept?.value.sha256);
      }
    });

    it("are made once for one idempotency key, and not shown again", async () => {
      const headers = { "idempotency-key": "k" };
      await make({}, { headers });
      expect(await make({}, { headers })).toMatchObject({
        status: 409,
        json: { type: "urn:cellplane:secret-already-shown" },
      });
      expect((await call("GET", keys)).json.items).toHaveLength(2);
    });

    it("are never above the role of who makes, rotates or revokes them", async () => {
      const admin = await aKey(plane, { role: "admin" });
      expect((await make({ role: "owner" }, { bearer: admin })).status).toBe(403);
      expect((await make({ role: "admin" }, { bearer: admin })).status).toBe(201);
      const path = `${keys}/${owner.slice(0, 16)}`;
      expect((await call("POST", `${path}/rotate`, { bearer: admin })).status).toBe(403);
      expect((await call("DELETE", path, { bearer: admin, headers: any })).status).toBe(403);
    });

    it("are held to their addresses", async () => {
      const { json } = await make({ cidrs: ["10.0.0.0/8"] });
      expect(await me(json.secret, "10.1.2.3")).toBe(200);
      expect(await me(json.secret, "::ffff:10.1.2.3")).toBe(200);
      expect(await me(json.secret, "11.0.0.1")).toBe(403);
      const more = await make({}, { bearer: json.secret, from: "10.1.2.3" });
      expect(more.status).toBe(403);
    });

    it("end when they expire", async () => {
      const { json } = await make({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
      expect(await me(json.secret)).toBe(200);
      plane.clock.advance(60_001);
      expect(await me(json.secret)).toBe(401);
      expect((await make({ expiresAt: "2020-01-01T00:00:00.000Z" })).status).toBe(400);
    });

    it("open nothing once they are revoked", async () => {
      const { json } = await make();
      const path = `${keys}/${json.key.id}`;
      expect((await call("DELETE", path)).status).toBe(428);
      const read = await call("GET", path);
      expect((await call("DELETE", path, { headers: { "if-match": `${read.headers.get("etag")}` } })).status).toBe(204);
      expect(await me(json.secret)).toBe(401);
      expect((await call("GET", path)).status).toBe(404);
    });

    it("are rotated with an overlap", async () => {
      const first = (await make({ cidrs: ["127.0.0.0/8"] })).json;
      const rotated = await call("POST", `${keys}/${first.key.id}/rotate`, { body: { overlap: "1h" } });
      expect(rotated).toMatchObject({
        status: 201,
        json: { key: { name: "ci", role: "operator", cidrs: ["127.0.0.0/8"] } },
      });
      expect([await me(first.secret), await me(rotated.json.secret)]).toEqual([200, 200]);
      expect((await call("POST", `${keys}/${first.key.id}/rotate`)).status).toBe(409);
      plane.clock.advance(3_600_001);
      expect([await me(first.secret), await me(rotated.json.secret)]).toEqual([401, 200]);
      expect((await call("POST", `${keys}/${rotated.json.key.id}/rotate`, { body: { overlap: "8d" } })).status).toBe(
        400,
      );
    });

    it("say when they were last used, written at most once a minute", async () => {
      const { json } = await make();
      const path = `${keys}/${json.key.id}`;
      expect((await call("GET", path)).json.lastUsedAt).toBeNull();
      for (let n = 0; n < 5; n++) await me(json.secret);
      await expect.poll(async () => (await call("GET", path)).json.lastUsedAt).not.toBeNull();
      expect((await plane.store.get("api-key-use", json.key.id))?.version).toBe(1);
      expect((await call("GET", path)).headers.get("etag")).toBe('"1"');
      plane.clock.advance(60_000);
      await me(json.secret);
      await expect.poll(async () => (await plane.store.get("api-key-use", json.key.id))?.version).toBe(2);
    });

    it("for a network are told to it in a new generation: made, rotated and revoked", async () => {
      const net = await aNetwork(call, "default", "factory", owner);
      const generation = async () => (await plane.store.get("network", net))?.value.generation;
      const told = async () => (await accessKeysOf(plane.store, net)).map(({ id }) => id);

      const { json } = await make({ networks: [net, net], role: "viewer", cidrs: ["10.0.0.0/8"] });
      const kept = await plane.store.get("api-key", json.key.id);
      expect(await accessKeysOf(plane.store, net)).toEqual([
        { id: json.key.id, sha256: kept?.value.sha256, role: "viewer", cidrs: ["10.0.0.0/8"] },
      ]);
      expect(await generation()).toBe(2);

      const next = (await call("POST", `${keys}/${json.key.id}/rotate`)).json;
      expect([await told(), await generation()]).toEqual([[json.key.id, next.key.id], 3]);
      await call("DELETE", `${keys}/${json.key.id}`, { headers: any });
      expect([await told(), await generation()]).toEqual([[next.key.id], 4]);

      const network = await plane.store.get("network", net);
      if (!network) throw new Error(`${net} is gone`);
      expect(await accessOf(plane.deps, network.value)).toMatchObject({
        generation: 4,
        keys: [{ id: next.key.id }],
        revoked: [{ sub: `key:${json.key.id}`, before: expect.any(String) }],
      });
    });

    it("are for networks of their own organization alone", async () => {
      const other = await anOrganization(plane, "other");
      const foreign = await aNetwork(
        anApi(plane, await aKey(plane, { org: other })),
        "other",
        "theirs",
        await aKey(plane, { org: other }),
      );
      const absent = "net_00000000000000000000000000";
      const refused = await Promise.all([foreign, absent].map((net) => make({ networks: [net] })));
      expect(refused.map(({ status }) => status)).toEqual([400, 400]);
      expect(JSON.stringify(refused[0]?.json).replaceAll(foreign, "…")).toBe(
        JSON.stringify(refused[1]?.json).replaceAll(absent, "…"),
      );
    });

    it.each([
      ["no name", { name: "" }],
      ["an unknown role", { role: "root" }],
      ["a network that has not the form of one", { networks: ["factory"] }],
      ["no networks at all", { networks: [] }],
      ["an address that is none", { cidrs: ["10.0.0.0/33"] }],
      ["a time that is none", { expiresAt: "tomorrow" }],
      ["the platform's rights", { platform: true }],
    ])("refuse %s", async (_what, key) => {
      expect((await make(key)).status).toBe(400);
      expect((await call("GET", keys)).json.items).toHaveLength(1);
    });
  });
}
