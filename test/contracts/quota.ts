import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeLimit, type QuotaSpec } from "#core/model/quota.ts";
import type { Store } from "#core/ports.ts";
import { aKey, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type Intent, type TestControlPlane } from "../control-plane.ts";

const path = "/v1/orgs/default/quota";
const any = { "if-match": "*" };
const generous: QuotaSpec = { networks: 100, nodesPerNetwork: 100, members: 100, keys: 100, requestsPerMinute: 10_000 };

/** Quotas, wherever the intent is kept. */
export function quotaContract(name: string, openIntent: () => Promise<Intent<Store>>): void {
  describe(`quotas, with the intent in ${name}`, () => {
    let plane: TestControlPlane<Store>;
    let call: CallApi;
    let operator: string;
    let owner: string;
    beforeEach(async () => {
      plane = await aControlPlane({ intent: await openIntent() });
      operator = await aKey(plane, { platform: true });
      owner = await aKey(plane);
      call = anApi(plane, owner);
    });
    afterEach(() => plane.close());
    const set = (quota: Partial<QuotaSpec>) =>
      call("PUT", path, { bearer: operator, headers: any, body: { ...generous, ...quota } });

    it("are read by members and set by operators of the platform, with the ETag that was read", async () => {
      const read = await call("GET", path);
      expect(read).toMatchObject({
        status: 200,
        json: { networks: expect.any(Number), requestsPerMinute: expect.any(Number) },
      });
      const etag = read.headers.get("etag") ?? "";
      const body = { ...generous, networks: 7 };
      expect((await call("PUT", path, { body, headers: any })).status).toBe(403);
      expect((await call("PUT", path, { bearer: operator, body })).status).toBe(428);
      const changed = await call("PUT", path, { bearer: operator, body, headers: { "if-match": etag } });
      expect(changed).toMatchObject({ status: 200, json: body });
      expect((await call("PUT", path, { bearer: operator, body, headers: { "if-match": etag } })).status).toBe(412);
      expect((await call("GET", path)).headers.get("etag")).toBe(changed.headers.get("etag"));
      expect((await call("PUT", path, { bearer: operator, body: { networks: 1 }, headers: any })).status).toBe(400);
      expect((await call("PUT", path, { bearer: operator, body: { ...body, keys: -1 }, headers: any })).status).toBe(
        400,
      );
    });

    const makers: Record<"networks" | "members" | "keys", (n: number) => [string, object]> = {
      networks: (n) => ["/v1/orgs/default/networks", { name: `network-${n}` }],
      members: (n) => ["/v1/orgs/default/members", { email: `member-${n}@example.com`, role: "viewer" }],
      keys: (n) => ["/v1/orgs/default/keys", { name: `key-${n}`, role: "viewer" }],
    };
    it.each(["networks", "members", "keys"] as const)(
      "for %s are never overshot, however many ask at once",
      async (what) => {
        await set({ [what]: 5 });
        const made = await Promise.all(
          Array.from({ length: 20 }, (_, n) => {
            const [at, body] = makers[what](n);
            return call("POST", at, { body });
          }),
        );
        expect(made.filter(({ status }) => status < 300)).toHaveLength(5);
        const refused = made.find(({ status }) => status >= 300);
        expect(refused).toMatchObject({
          status: 403,
          json: {
            type: "urn:cellplane:quota-exceeded",
            detail: expect.stringMatching(/5.*platform's operators/),
            quota: what,
            limit: 5,
            used: 5,
          },
        });
      },
    );

    it("count what is gone no more", async () => {
      await plane.addCell();
      await set({ networks: 1, members: 1, keys: 1 });
      const [network, member, key] = await Promise.all(
        (["networks", "members", "keys"] as const).map(async (what) => {
          const [at, body] = makers[what](0);
          return (await call("POST", at, { body })).json;
        }),
      );
      await plane.follow();
      for (const what of ["networks", "members", "keys"] as const) {
        const [at, body] = makers[what](1);
        expect((await call("POST", at, { body })).status).toBe(403);
      }
      const removed = await call("DELETE", `/v1/networks/${network?.network.id}`, { headers: any });
      await plane.follow();
      await plane.ended(removed.json.operation.id);
      await call("DELETE", `/v1/orgs/default/members/${member?.id}`, { headers: any });
      await call("DELETE", `/v1/orgs/default/keys/${key?.key.id}`, { headers: any });
      for (const what of ["networks", "members", "keys"] as const) {
        const [at, body] = makers[what](2);
        expect((await call("POST", at, { body })).status).toBeLessThan(300);
      }
    });

    it("count a key and the one that takes over from it as one", async () => {
      await set({ keys: 1 });
      const { json } = await call("POST", "/v1/orgs/default/keys", { body: { name: "ci", role: "viewer" } });
      const next = await call("POST", `/v1/orgs/default/keys/${json.key.id}/rotate`);
      expect(next.status).toBe(201);
      await call("DELETE", `/v1/orgs/default/keys/${json.key.id}`, { headers: any });
      expect((await call("POST", "/v1/orgs/default/keys", { body: { name: "x", role: "viewer" } })).status).toBe(403);
      await call("DELETE", `/v1/orgs/default/keys/${next.json.key.id}`, { headers: any });
      expect((await call("POST", "/v1/orgs/default/keys", { body: { name: "x", role: "viewer" } })).status).toBe(201);
    });

    it("tell a cell of their nodes only where the plan allows more", () => {
      expect(nodeLimit("starter", { ...generous, nodesPerNetwork: 499 })).toEqual({ nodes: 499 });
      expect(nodeLimit("starter", { ...generous, nodesPerNetwork: 500 })).toEqual({});
      expect(nodeLimit("large", { ...generous, nodesPerNetwork: 500 })).toEqual({ nodes: 500 });
    });

    describe("for requests", () => {
      it("answer 429 when they are used up, say how long to wait, and fill again", async () => {
        await set({ requestsPerMinute: 3 });
        const answers = [];
        for (let n = 0; n < 4; n++) answers.push(await call("GET", path));
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
        expect(answers.map(({ headers }) => headers.get("ratelimit-remaining"))).toEqual(["2", "1", "0", "0"]);
        expect(answers[3]?.headers.get("ratelimit-limit")).toBe("3");
        expect(answers[3]?.headers.get("retry-after")).toBe("20");
        expect(answers[3]?.json).toMatchObject({ type: "urn:cellplane:rate-limited", retryable: true });
        plane.clock.advance(20_000);
        expect((await call("GET", path)).status).toBe(200);
        expect((await call("GET", path)).status).toBe(429);
      });

      it("count all keys of an organization together, and what is refused as well", async () => {
        await set({ requestsPerMinute: 2 });
        const second = await aKey(plane, { role: "viewer" });
        expect((await call("GET", "/v1/networks/net_00000000000000000000000000", { bearer: second })).status).toBe(404);
        expect((await call("GET", "/v1/cells")).status).toBe(403);
        expect((await call("GET", path)).status).toBe(429);
      });

      it("never shut out an operator of the platform", async () => {
        await set({ requestsPerMinute: 1 });
        for (let n = 0; n < 5; n++) expect((await call("GET", path, { bearer: operator })).status).toBe(200);
      });
    });
  });
}
