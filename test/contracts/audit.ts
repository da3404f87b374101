import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "#core/ports.ts";
import { type Answered, aKey, aNetwork, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type Intent, type TestControlPlane } from "../control-plane.ts";

const any = { "if-match": "*" };
const trail = "/v1/orgs/default/audit";

/** The audit trail, wherever the intent is kept. */
export function auditContract(name: string, openIntent: () => Promise<Intent<Store>>): void {
  describe(`the audit trail, with the intent in ${name}`, () => {
    let plane: TestControlPlane<Store>;
    let call: CallApi;
    let owner: string;
    beforeEach(async () => {
      plane = await aControlPlane({ intent: await openIntent() });
      owner = await aKey(plane, { platform: true });
      call = anApi(plane, owner);
    });
    afterEach(() => plane.close());
    const invite = async (n: number) =>
      (await call("POST", "/v1/orgs/default/members", { body: { email: `m${n}@example.com`, role: "viewer" } })).json
        .id;
    const read = async (query = ""): Promise<readonly Answered[]> => (await call("GET", `${trail}${query}`)).json.items;

    it("has who, what, when, from where, before and after for each write", async () => {
      const id = await invite(1);
      await call("PATCH", `/v1/orgs/default/members/${id}`, {
        headers: any,
        body: { role: "admin" },
        from: "10.9.8.7",
      });
      await call("DELETE", `/v1/orgs/default/members/${id}`, { headers: any });
      const actor = `key:${owner.slice(0, 16)}`;
      const viewer = { id, email: "m1@example.com", role: "viewer", state: "invited" };
      expect(await read()).toMatchObject([
        { action: "member.remove", subject: id, before: { role: "admin" }, after: null, actor, from: "127.0.0.1" },
        {
          action: "member.update",
          subject: id,
          before: viewer,
          after: { ...viewer, role: "admin" },
          actor,
          from: "10.9.8.7",
        },
        { action: "member.invite", subject: id, before: null, after: viewer, actor },
      ]);
    });

    it("has one event for each change of an organization, its quota and its keys", async () => {
      await call("PATCH", "/v1/orgs/default", { headers: any, body: { name: "Ours" } });
      const quota = (await call("GET", "/v1/orgs/default/quota")).json;
      await call("PUT", "/v1/orgs/default/quota", { headers: any, body: { ...quota, networks: 3 } });
      const { json } = await call("POST", "/v1/orgs/default/keys", { body: { name: "ci", role: "viewer" } });
      const next = await call("POST", `/v1/orgs/default/keys/${json.key.id}/rotate`);
      await call("DELETE", `/v1/orgs/default/keys/${json.key.id}`, { headers: any });
      const events = await read();
      expect(events).toMatchObject([
        { action: "key.revoke", before: { id: json.key.id }, after: null },
        { action: "key.rotate", before: { id: json.key.id }, after: { next: { id: next.json.key.id } } },
        { action: "key.create", before: null, after: { id: json.key.id } },
        { action: "quota.set", before: quota, after: { ...quota, networks: 3 } },
        { action: "organization.update", before: { name: "Default" }, after: { name: "Ours" } },
      ]);
    });

    it("has nothing of what was refused", async () => {
      await invite(1);
      const before = await read();
      await invite(1);
      await call("DELETE", "/v1/orgs/default/members/mem_00000000000000000000000000", { headers: any });
      await call("PATCH", "/v1/orgs/default", { body: { name: "x" } });
      expect(await read()).toEqual(before);
    });

    it("is filtered by action, actor, subject and time, in pages that cover everything once", async () => {
      const ids = [];
      for (let n = 0; n < 6; n++) {
        ids.push(await invite(n));
        plane.clock.advance(1_000);
      }
      await aNetwork(call, "default", "factory", owner);
      const events = await read();
      expect(await read("?action=member")).toEqual(events.slice(1));
      expect(await read("?action=network.create")).toEqual(events.slice(0, 1));
      expect(await read("?action=net")).toEqual([]);
      expect(await read(`?subject=${ids[2]}`)).toMatchObject([{ subject: ids[2] }]);
      expect(await read("?actor=key:cpk_ffffffffffff")).toEqual([]);
      expect(await read(`?actor=key:${owner.slice(0, 16)}`)).toEqual(events);
      const [second, fourth] = [events[5], events[3]];
      expect(await read(`?since=${second?.at}&until=${fourth?.at}`)).toEqual(events.slice(3, 6));

      const seen: Answered[] = [];
      for (let next: string | undefined = ""; next !== undefined; ) {
        const { json } = await call("GET", `${trail}?action=member&limit=2${next && `&cursor=${next}`}`);
        seen.push(...json.items);
        next = json.next;
      }
      expect(seen).toEqual(events.slice(1));
    });

    it.each(["?since=yesterday", "?colour=red", "?limit=0", "?cursor=abc"])("refuses %s", async (query) => {
      expect((await call("GET", `${trail}${query}`)).status).toBe(400);
    });
  });
}
