import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "#core/ports.ts";
import { aKey, aMember, aNetwork, anApi, type CallApi, testPeople } from "../an-api.ts";
import { aControlPlane, type Intent, type TestControlPlane } from "../control-plane.ts";

const any = { "if-match": "*" };

/** Organizations and their members, wherever the intent is kept. */
export function organizationsContract(name: string, openIntent: () => Promise<Intent<Store>>): void {
  describe(`organizations, with the intent in ${name}`, () => {
    const people = testPeople();
    const ann = people.person("ann");
    let plane: TestControlPlane<Store>;
    let call: CallApi;
    let admin: string;
    beforeEach(async () => {
      plane = await aControlPlane({ people, intent: await openIntent() });
      admin = await aKey(plane, { platform: true });
      call = anApi(plane, admin);
    });
    afterEach(() => plane.close());

    it("are made by people, who own them", async () => {
      const made = await call("POST", "/v1/orgs", { bearer: ann, body: { slug: "acme", name: "Acme Ltd." } });
      expect(made).toMatchObject({ status: 201, json: { slug: "acme", name: "Acme Ltd." } });
      expect(made.headers.get("location")).toBe(`/v1/orgs/${made.json.id}`);
      expect(made.headers.get("etag")).toBe('"1"');
      expect((await call("GET", "/v1/me", { bearer: ann })).json).toMatchObject({
        kind: "user",
        email: "ann@example.com",
        platform: false,
        organizations: [{ id: made.json.id, slug: "acme", role: "owner" }],
      });
      const members = await call("GET", "/v1/orgs/acme/members", { bearer: ann });
      expect(members.json.items).toMatchObject([{ email: "ann@example.com", role: "owner", state: "active" }]);
    });

    it("are found by id and by slug, listed to who belongs to them, and to operators all", async () => {
      const { json } = await call("POST", "/v1/orgs", { bearer: ann, body: { slug: "acme" } });
      for (const org of ["acme", json.id])
        expect((await call("GET", `/v1/orgs/${org}`, { bearer: ann })).json).toMatchObject({
          id: json.id,
          name: "acme",
        });
      expect((await call("GET", "/v1/orgs", { bearer: ann })).json.items).toMatchObject([
        { id: json.id, role: "owner" },
      ]);
      const bob = people.person("bob");
      expect((await call("GET", "/v1/orgs", { bearer: bob })).json.items).toEqual([]);
      expect((await call("GET", "/v1/orgs")).json.items).toHaveLength(2);
    });

    it("are made once for one idempotency key, and never by a key of a customer", async () => {
      const request = { bearer: ann, body: { slug: "acme" }, headers: { "idempotency-key": "k" } };
      const [first, second] = [await call("POST", "/v1/orgs", request), await call("POST", "/v1/orgs", request)];
      expect(second.json).toEqual(first.json);
      const key = await aKey(plane);
      expect((await call("POST", "/v1/orgs", { bearer: key, body: { slug: "more" } })).status).toBe(403);
    });

    it.each([
      ["a capital", "Acme"],
      ["a digit first", "1acme"],
      ["a hyphen last", "acme-"],
      ["two hyphens", "a--b"],
      ["the form of an id", "org_00000000000000000000000000"],
      ["a word of ours", "admin"],
      ["40 characters", "a".repeat(40)],
      ["nothing", ""],
    ])("refuse a slug with %s", async (_what, slug) => {
      expect((await call("POST", "/v1/orgs", { body: { slug } })).status).toBe(400);
    });

    it("refuse a slug that is taken, also to ten at once", async () => {
      const made = await Promise.all(
        Array.from({ length: 10 }, () => call("POST", "/v1/orgs", { bearer: ann, body: { slug: "acme" } })),
      );
      expect(made.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
    });

    it("give one person ten and no more, also at once", async () => {
      const make = (n: number) => call("POST", "/v1/orgs", { bearer: ann, body: { slug: `acme-${n}` } });
      const made = await Promise.all(Array.from({ length: 14 }, (_, n) => make(n)));
      expect(made.filter(({ status }) => status === 201)).toHaveLength(10);
      expect(
        (
          await call("DELETE", `/v1/orgs/${made.find(({ status }) => status === 201)?.json.id}`, {
            bearer: ann,
            headers: any,
          })
        ).status,
      ).toBe(204);
      expect((await make(20)).status).toBe(201);
    });

    it("change by name and slug, with the ETag that was read", async () => {
      await call("POST", "/v1/orgs", { bearer: ann, body: { slug: "acme" } });
      const path = "/v1/orgs/acme";
      const patch = { bearer: ann, body: { slug: "ajax", name: "Ajax" } };
      expect((await call("PATCH", path, patch)).status).toBe(428);
      expect((await call("PATCH", path, { ...patch, headers: { "if-match": '"9"' } })).status).toBe(412);
      const changed = await call("PATCH", path, { ...patch, headers: { "if-match": '"1"' } });
      expect(changed).toMatchObject({ status: 200, json: { slug: "ajax", name: "Ajax" } });
      expect(changed.headers.get("etag")).toBe('"2"');
      expect((await call("GET", path, { bearer: ann })).status).toBe(404);
      expect((await call("GET", "/v1/orgs/ajax", { bearer: ann })).status).toBe(200);
      expect((await call("POST", "/v1/orgs", { bearer: people.person("bob"), body: { slug: "acme" } })).status).toBe(
        201,
      );
    });

    it("cannot be deleted while they have networks; then everything of them is gone but the audit trail", async () => {
      await plane.addCell();
      const { json: org } = await call("POST", "/v1/orgs", { bearer: ann, body: { slug: "acme" } });
      const { json: key } = await call("POST", "/v1/orgs/acme/keys", {
        bearer: ann,
        body: { name: "ci", role: "operator" },
      });
      const net = await aNetwork(call, "acme", "factory", ann);
      await plane.follow();
      expect(await call("DELETE", "/v1/orgs/acme", { bearer: ann, headers: any })).toMatchObject({
        status: 409,
        json: { type: "urn:cellplane:not-possible-now", networks: 1 },
      });

      const { json: removed } = await call("DELETE", `/v1/networks/${net}`, { bearer: ann, headers: any });
      await plane.follow();
      await plane.ended(removed.operation.id);
      expect((await call("DELETE", "/v1/orgs/acme", { bearer: ann, headers: any })).status).toBe(204);
      expect((await call("GET", "/v1/orgs/acme", { bearer: ann })).status).toBe(404);
      expect((await call("GET", "/v1/me", { bearer: key.secret })).status).toBe(401);
      expect((await call("GET", "/v1/me", { bearer: ann })).json).toMatchObject({ organizations: [] });
      const trail = await call("GET", `/v1/orgs/${org.id}/audit`);
      expect(trail.json.items.map(({ action }) => action)).toEqual([
        "organization.delete",
        "network.delete",
        "network.create",
        "key.create",
        "organization.create",
      ]);
    });

    it("are never deleted together with a network that is made at the same time", async () => {
      for (let round = 0; round < 5; round++) {
        const slug = `acme-${round}`;
        const { json: org } = await call("POST", "/v1/orgs", { bearer: ann, body: { slug } });
        const [deleted, made] = await Promise.all([
          call("DELETE", `/v1/orgs/${slug}`, { bearer: ann, headers: any }),
          call("POST", `/v1/orgs/${slug}/networks`, { bearer: ann, body: { name: "factory" } }),
        ]);
        const there = await plane.store.list("networks-by-creation", org.id, { limit: 10 });
        expect([deleted.status === 204, made.status === 202, there.length]).toEqual(
          made.status === 202 ? [false, true, 1] : [true, false, 0],
        );
      }
    });
  });

  describe(`members, with the intent in ${name}`, () => {
    const people = testPeople();
    const ann = people.person("ann");
    const bob = people.person("bob");
    let plane: TestControlPlane<Store>;
    let call: CallApi;
    let org: string;
    let me: string;
    beforeEach(async () => {
      plane = await aControlPlane({ people, intent: await openIntent() });
      call = anApi(plane, ann);
      org = (await call("POST", "/v1/orgs", { body: { slug: "acme" } })).json.id;
      me = (await call("GET", "/v1/orgs/acme/members")).json.items[0]?.id ?? "";
    });
    afterEach(() => plane.close());
    const invite = (email: string, role: string, bearer = ann) =>
      call("POST", "/v1/orgs/acme/members", { bearer, body: { email, role } });

    it("are invited by an address in any case, and are in at their first sign-in", async () => {
      const invited = await invite(" Bob@Example.com ", "operator");
      expect(invited).toMatchObject({
        status: 201,
        json: { email: "bob@example.com", role: "operator", state: "invited" },
      });
      expect((await call("GET", "/v1/orgs/acme", { bearer: bob })).status).toBe(200);
      expect((await call("GET", `/v1/orgs/acme/members/${invited.json.id}`)).json.state).toBe("active");
    });

    it("are not let in by an address that their issuer has not verified", async () => {
      await invite("eve@example.com", "owner");
      const eve = people.person("eve", { email: null });
      expect((await call("GET", "/v1/orgs/acme", { bearer: eve })).status).toBe(404);
    });

    it("are let in once: another person with the same address is a stranger", async () => {
      await invite("bob@example.com", "operator");
      await call("GET", "/v1/me", { bearer: bob });
      const other = people.person("other-bob", { email: "bob@example.com", issuer: "https://another.test" });
      expect((await call("GET", "/v1/orgs/acme", { bearer: other })).status).toBe(404);
    });

    it("come in once when many of their first requests come at once", async () => {
      await invite("bob@example.com", "owner");
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => call("GET", "/v1/orgs/acme", { bearer: bob })),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
      const trail = await call("GET", "/v1/orgs/acme/audit?action=member.accept");
      expect(trail.json.items).toHaveLength(1);
    });

    it("are invited once", async () => {
      await invite("bob@example.com", "viewer");
      expect((await invite("BOB@example.com", "viewer")).status).toBe(409);
      expect((await invite("not an address", "viewer")).status).toBe(400);
    });

    it("give no role above their own, and touch nobody above them", async () => {
      const admin = ann;
      const bobs = await aMember(call, { admin, token: bob, email: "bob@example.com", org, role: "admin" });
      expect((await invite("eve@example.com", "owner", bob)).status).toBe(403);
      const patch = (id: string, role: string, bearer: string) =>
        call("PATCH", `/v1/orgs/acme/members/${id}`, { bearer, body: { role }, headers: any });
      expect((await patch(bobs, "owner", bob)).status).toBe(403);
      expect((await patch(me, "viewer", bob)).status).toBe(403);
      expect((await call("DELETE", `/v1/orgs/acme/members/${me}`, { bearer: bob, headers: any })).status).toBe(403);
      expect(await patch(bobs, "viewer", ann)).toMatchObject({ status: 200, json: { role: "viewer" } });
      expect((await invite("eve@example.com", "viewer", bob)).status).toBe(403);
    });

    it("may leave, whatever they are, and are out at once", async () => {
      const id = await aMember(call, { admin: ann, token: bob, email: "bob@example.com", org, role: "viewer" });
      expect((await call("DELETE", `/v1/orgs/acme/members/${id}`, { bearer: bob })).status).toBe(428);
      expect((await call("DELETE", `/v1/orgs/acme/members/${id}`, { bearer: bob, headers: any })).status).toBe(204);
      expect((await call("GET", "/v1/orgs/acme", { bearer: bob })).status).toBe(404);
      expect((await invite("bob@example.com", "viewer")).status).toBe(201);
    });

    it("always have an owner: the last one cannot leave or be lowered", async () => {
      await invite("eve@example.com", "owner");
      const path = `/v1/orgs/acme/members/${me}`;
      for (const refused of [
        await call("DELETE", path, { headers: any }),
        await call("PATCH", path, { headers: any, body: { role: "admin" } }),
      ])
        expect(refused).toMatchObject({ status: 409, json: { type: "urn:cellplane:not-possible-now" } });
      expect((await call("PATCH", path, { headers: any, body: { role: "owner" } })).status).toBe(200);
    });

    it("always have an owner, also when all of them leave at once", async () => {
      for (let round = 0; round < 5; round++) {
        const slug = `club-${round}`;
        const { json } = await call("POST", "/v1/orgs", { body: { slug } });
        const founder = (await call("GET", `/v1/orgs/${slug}/members`)).json.items[0]?.id ?? "";
        const second = await aMember(call, {
          admin: ann,
          token: bob,
          email: "bob@example.com",
          org: slug,
          role: "owner",
        });
        const left = await Promise.all([
          call("DELETE", `/v1/orgs/${slug}/members/${founder}`, { bearer: ann, headers: any }),
          call("PATCH", `/v1/orgs/${slug}/members/${second}`, { bearer: bob, headers: any, body: { role: "viewer" } }),
        ]);
        expect(left.filter(({ status }) => status < 300)).toHaveLength(1);
        expect((await plane.store.get("owners", json.id))?.value.members).toHaveLength(1);
      }
    });
  });
}
