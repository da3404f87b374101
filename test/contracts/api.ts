import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "#core/ports.ts";
import { aKey, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type Intent, type TestControlPlane } from "../control-plane.ts";

/** Everything that is written, to see that a refused request wrote nothing. */
const contents = (plane: TestControlPlane<Store>) =>
  Promise.all([
    plane.store.list("networks-by-creation", plane.caller.org, { limit: 200 }),
    plane.store.list("audit-of-organization", plane.caller.org, { limit: 200 }),
    plane.store.list("cells", "all", { limit: 200 }),
  ]);

/** Networks, operations and cells as the API shows them, wherever the intent is kept; and every way to be refused. */
export function apiContract(name: string, openIntent: () => Promise<Intent<Store>>): void {
  describe(`the hosted API, with the intent in ${name}`, () => {
    let plane: TestControlPlane<Store>;
    let call: CallApi;
    let id: string;
    /** The id of a key, with another secret behind it. */
    const anId = "cpk_000000000001";
    /** An answer that waits for work, with the work done meanwhile. */
    const whileFollowed = async <T>(pending: Promise<T>): Promise<T> => {
      let answered = false;
      const done = pending.finally(() => {
        answered = true;
      });
      while (!answered) {
        await plane.follow();
        await plane.clock.sleep(5);
      }
      return done;
    };
    beforeEach(async () => {
      plane = await aControlPlane({ intent: await openIntent() });
      const presented = await aKey(plane, { platform: true });
      id = presented.slice(0, "cpk_0123456789ab".length);
      call = anApi(plane, presented);
    });
    afterEach(() => plane.close());

    const networks = "/v1/orgs/default/networks";
    const spec = { name: "factory-7" };

    it("accepts a network, and tells where to follow it", async () => {
      const { status, headers, json } = await call("POST", networks, { body: { ...spec, labels: { env: "prod" } } });
      expect(status).toBe(202);
      expect(headers.get("location")).toBe(`/v1/operations/${json.operation.id}`);
      expect(json.network).toMatchObject({
        name: "factory-7",
        region: "local",
        plan: "starter",
        channel: "stable",
        release: null,
        labels: { env: "prod" },
        settings: {},
        window: null,
        generation: 1,
        deleting: false,
        placement: null,
        endpoints: null,
        status: { phase: "pending", observedGeneration: 0, fresh: false, nodes: { online: 0, total: 0 } },
        operation: json.operation.id,
      });
      expect(json.operation).toMatchObject({ kind: "create", state: "pending", generation: 1, actor: `key:${id}` });
    });

    it("waits when asked, shows the network with its ETag, and deletes it", async () => {
      await plane.addCell();
      const { json } = await whileFollowed(call("POST", `${networks}?wait=20`, { body: spec }));
      expect(json.operation).toMatchObject({ state: "succeeded" });
      const net = json.network.id;

      const read = await call("GET", `/v1/networks/${net}`);
      expect(read.headers.get("etag")).toBe('"1"');
      expect(read.json).toMatchObject({
        operation: null,
        status: { phase: "ready", fresh: true, observedGeneration: 1 },
      });

      const removed = await whileFollowed(
        call("DELETE", `/v1/networks/${net}?wait=20`, { headers: { "if-match": '"1"' } }),
      );
      expect(removed.status).toBe(202);
      expect(removed.json.operation).toMatchObject({ kind: "delete", state: "succeeded" });
      expect((await call("GET", `/v1/networks/${net}`)).status).toBe(404);
      expect((await call("GET", `/v1/operations/${removed.json.operation.id}`)).json).toMatchObject({
        state: "succeeded",
      });
    });

    it("does a repeated request once, and refuses another under the same key", async () => {
      const headers = { "idempotency-key": "abc" };
      const first = await call("POST", networks, { body: spec, headers });
      expect(await call("POST", networks, { body: spec, headers })).toMatchObject({ status: 202, json: first.json });
      const other = await call("POST", networks, { body: { name: "other" }, headers });
      expect(other).toMatchObject({ status: 409, json: { type: "urn:cellplane:idempotency-key-reused" } });
      expect((await call("GET", networks)).json.items).toHaveLength(1);
    });

    it("does requests that come at once under one key once", async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => call("POST", networks, { body: spec, headers: { "idempotency-key": "abc" } })),
      );
      expect(new Set(answers.map(({ status, json }) => `${status} ${json.network.id}`)).size).toBe(1);
    });

    it("never shows a join token twice", async () => {
      const headers = { "idempotency-key": "abc" };
      const first = await call("POST", "/v1/cells", { body: { name: "cell-1" }, headers });
      expect(first).toMatchObject({ status: 201, json: { joinToken: expect.stringMatching(/^cpj_/) } });
      expect(await call("POST", "/v1/cells", { body: { name: "cell-1" }, headers })).toMatchObject({
        status: 409,
        json: { type: "urn:cellplane:secret-already-shown" },
      });
    });

    it("lists in pages that cover everything once", async () => {
      for (const name of ["a", "b", "c", "d", "e"]) await call("POST", networks, { body: { name } });
      const seen: string[] = [];
      for (let next: string | undefined = ""; next !== undefined; ) {
        const { json } = await call("GET", `${networks}?limit=2${next && `&cursor=${next}`}`);
        seen.push(...json.items.map(({ name }) => name));
        next = json.next;
      }
      expect(seen).toEqual(["a", "b", "c", "d", "e"]);
    });

    it("lists by name, and by what no index serves", async () => {
      for (const [name, env] of [
        ["c", "prod"],
        ["a", "prod"],
        ["b", "test"],
      ])
        await call("POST", networks, { body: { name, labels: { env } } });
      const names = async (query: string) =>
        (await call("GET", `${networks}?${query}`)).json.items.map(({ name }) => name);
      expect(await names("sort=name")).toEqual(["a", "b", "c"]);
      expect(await names("selector=env%3Dprod")).toEqual(["c", "a"]);
      expect(await names("selector=env%20in%20(test,dev)&sort=name")).toEqual(["b"]);
      expect(await names("q=B")).toEqual(["b"]);
      expect(await names("phase=ready")).toEqual([]);
      expect(await names("phase=pending&sort=name")).toEqual(["a", "b", "c"]);
      const fleet = await call("GET", "/v1/networks?limit=2");
      expect(fleet.json.items.map(({ name }) => name)).toEqual(["c", "a"]);
      const rest = await call("GET", `/v1/networks?limit=2&cursor=${fleet.json.next}`);
      expect(rest.json).toMatchObject({ items: [{ name: "b" }], lookedAt: 1 });
      expect(rest.json.next).toBeUndefined();
      expect((await call("GET", `${networks}?limit=2&cursor=${fleet.json.next}`)).status).toBe(400);
    });

    it("changes what a merge patch names, one generation up, and supersedes what was under way", async () => {
      const { json } = await call("POST", networks, { body: { ...spec, labels: { a: "1", b: "2" } } });
      const path = `/v1/networks/${json.network.id}`;
      const patched = await call("PATCH", path, {
        body: { labels: { a: null, c: "3" }, settings: { heartbeat: "30s" } },
        headers: { "if-match": '"1"' },
      });
      expect(patched).toMatchObject({
        status: 202,
        json: {
          network: { generation: 2, labels: { b: "2", c: "3" }, settings: { heartbeat: "30s" } },
          operation: { kind: "update", generation: 2 },
        },
      });
      expect((await call("GET", `/v1/operations/${json.operation.id}`)).json).toMatchObject({ state: "superseded" });
      expect(await call("PATCH", path, { body: { plan: "large" }, headers: { "if-match": '"1"' } })).toMatchObject({
        status: 412,
        json: { etag: '"2"' },
      });
      const same = await call("PATCH", path, { body: { labels: { b: "2" } }, headers: { "if-match": "*" } });
      expect(same.json).toMatchObject({ network: { generation: 2 }, operation: { id: patched.json.operation.id } });
      const history = await call("GET", `${path}/operations`);
      expect(history.json.items).toMatchObject([{ kind: "update" }, { kind: "create" }]);
      const events = await call("GET", `${path}/events`);
      expect(events.json.items).toMatchObject([
        { type: "update.accepted", message: expect.stringContaining("labels, settings") },
        { type: "create.accepted" },
      ]);
    });

    it("keeps a maintenance window, and gives it up again", async () => {
      const window = { timeZone: "Europe/Berlin", days: ["sun"], from: "02:00", to: "04:00" };
      const { json } = await call("POST", networks, { body: { ...spec, window } });
      const path = `/v1/networks/${json.network.id}`;
      expect((await call("GET", path)).json).toMatchObject({ window });
      const headers = { "if-match": "*" };
      expect((await call("PATCH", path, { body: { window: { to: "05:00" } }, headers })).json.network).toMatchObject({
        window: { ...window, to: "05:00" },
      });
      expect((await call("PATCH", path, { body: { window: null }, headers })).json.network).toMatchObject({
        window: null,
      });
    });

    it("renames, and gives the old name free", async () => {
      const { json } = await call("POST", networks, { body: spec });
      await call("POST", networks, { body: { name: "taken" } });
      const rename = (name: string) =>
        call("PATCH", `/v1/networks/${json.network.id}`, { body: { name }, headers: { "if-match": "*" } });
      expect(await rename("taken")).toMatchObject({ status: 409, json: { type: "urn:cellplane:name-taken" } });
      expect((await rename("renamed")).status).toBe(202);
      expect((await call("POST", networks, { body: spec })).status).toBe(202);
    });

    it("explains what a network and an operation wait for", async () => {
      const { json } = await call("POST", networks, { body: spec });
      await plane.follow();
      const why = () =>
        call("GET", `/v1/networks/${json.network.id}/explain`).then(
          (answer) => answer.json as unknown as { summary: string },
        );
      await expect
        .poll(async () => (await why()).summary)
        .toMatch(/^factory-7 is pending\. The create waits until .* to be tried again: There is no cell yet/);
      expect((await call("GET", `/v1/operations/${json.operation.id}/explain`)).json).toMatchObject({
        chain: [
          { what: "waiting" },
          { what: "PlaceNetwork" },
          { what: "create of generation 1", why: `asked for by key:${id}` },
        ],
      });
    });

    it("cancels and retries an operation, and says when it cannot", async () => {
      const { json } = await call("POST", networks, { body: spec });
      const command = (verb: string) => call("POST", `/v1/operations/${json.operation.id}/${verb}`);
      expect(await command("retry")).toMatchObject({ status: 409, json: { type: "urn:cellplane:not-possible-now" } });
      expect(await command("cancel")).toMatchObject({ status: 202, json: { state: "cancelled" } });
      expect((await command("cancel")).status).toBe(409);
      await plane.follow();
      await plane.addCell();
      expect(await command("retry")).toMatchObject({ status: 202, json: { state: "pending", attempt: 2 } });
      await plane.follow();
      expect(await plane.ended(json.operation.id)).toMatchObject({ state: "succeeded", attempt: 2 });
    });

    it("writes who did it, and from where, with the change", async () => {
      const { json } = await call("POST", networks, { body: spec });
      const [entry] = await plane.store.list("audit-of-organization", plane.caller.org, { limit: 10 });
      const audit = entry && (await plane.store.get("audit", entry.id));
      expect(audit?.value).toMatchObject({
        actor: `key:${id}`,
        from: "127.0.0.1",
        action: "network.create",
        subject: json.network.id,
        before: null,
        after: { name: "factory-7" },
      });
    });

    const missing = "net_00000000000000000000000000";
    it.each<[string, number, string, string, Parameters<typeof call>[2]?, string?]>([
      ["no name", 400, "POST", networks, { body: {} }, "name"],
      ["a name with capitals", 400, "POST", networks, { body: { name: "Factory" } }, "name"],
      ["a name too long", 400, "POST", networks, { body: { name: "x".repeat(64) } }, "name"],
      ["a name that is no text", 400, "POST", networks, { body: { name: 7 } }, "name"],
      ["an unknown field", 400, "POST", networks, { body: { ...spec, colour: "red" } }, "colour"],
      ["an unknown plan", 400, "POST", networks, { body: { ...spec, plan: "huge" } }, "plan"],
      ["an unknown channel", 400, "POST", networks, { body: { ...spec, channel: "x" } }, "channel"],
      ["a bad region", 400, "POST", networks, { body: { ...spec, region: "EU 1" } }, "region"],
      ["a release that is none", 400, "POST", networks, { body: { ...spec, release: "newest" } }, "release"],
      ["a bad label key", 400, "POST", networks, { body: { ...spec, labels: { "a b": "x" } } }, "labels.a b"],
      ["a bad label value", 400, "POST", networks, { body: { ...spec, labels: { a: "b c" } } }, "labels.a"],
      [
        "too many labels",
        400,
        "POST",
        networks,
        { body: { ...spec, labels: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, "x"])) } },
        "labels",
      ],
      ["an unknown setting", 400, "POST", networks, { body: { ...spec, settings: { a: 1 } } }, "settings.a"],
      [
        "a setting out of bounds",
        400,
        "POST",
        networks,
        { body: { ...spec, settings: { heartbeat: "1s" } } },
        "settings.heartbeat",
      ],
      ["a window that is a word", 400, "POST", networks, { body: { ...spec, window: "sunday" } }, "window"],
      [
        "a window in no time zone",
        400,
        "POST",
        networks,
        { body: { ...spec, window: { timeZone: "Mars/Olympus", from: "02:00", to: "04:00" } } },
        "window.timeZone",
      ],
      [
        "a window that never opens",
        400,
        "POST",
        networks,
        { body: { ...spec, window: { timeZone: "UTC", from: "02:00", to: "02:00" } } },
        "window.to",
      ],
      ["a list for a body", 400, "POST", networks, { body: [] }, ""],
      ["null for a body", 400, "POST", networks, { raw: "null" }],
      ["a body that is not JSON", 400, "POST", networks, { raw: "{name:" }],
      ["a forbidden key", 400, "POST", networks, { raw: '{"name":"a","__proto__":{"x":1}}' }],
      ["no body", 400, "POST", networks, { raw: "" }],
      ["another content type", 415, "POST", networks, { body: spec, headers: { "content-type": "text/plain" } }],
      ["a body too large", 413, "POST", networks, { body: { name: "x".repeat(1_100_000) } }],
      ["a wait too long", 400, "POST", `${networks}?wait=21`, { body: spec }, "wait"],
      ["a wait that is no number", 400, "POST", `${networks}?wait=soon`, { body: spec }, "wait"],
      ["an unknown query", 400, "POST", `${networks}?dry=1`, { body: spec }, "dry"],
      ["a bad idempotency key", 400, "POST", networks, { body: spec, headers: { "idempotency-key": "x".repeat(256) } }],
      ["another organization", 404, "POST", "/v1/orgs/foreign/networks", { body: spec }],
      ["a limit of 0", 400, "GET", `${networks}?limit=0`, {}, "limit"],
      ["a limit too high", 400, "GET", `${networks}?limit=201`, {}, "limit"],
      ["a made-up cursor", 400, "GET", `${networks}?cursor=abc`, {}, "cursor"],
      ["a network that is not there", 404, "GET", `/v1/networks/${missing}`],
      ["an id that is none", 404, "GET", "/v1/networks/factory-7"],
      ["a broken escape", 404, "GET", "/v1/networks/%zz"],
      [
        "a network to delete that is not there",
        404,
        "DELETE",
        `/v1/networks/${missing}`,
        { headers: { "if-match": "*" } },
      ],
      ["a token for a network that is not there", 404, "POST", `/v1/networks/${missing}/token`],
      ["an operation that is not there", 404, "GET", "/v1/operations/op_00000000000000000000000000"],
      ["a cell that is not there", 404, "GET", "/v1/cells/cel_00000000000000000000000000"],
      ["a cell without a name", 400, "POST", "/v1/cells", { body: {} }, "name"],
      [
        "a cell with a negative limit",
        400,
        "POST",
        "/v1/cells",
        { body: { name: "a", limits: { networks: -1 } } },
        "limits.networks",
      ],
      ["a join of nobody", 400, "POST", "/v1/join", { body: {} }, "identity"],
      ["a patch without If-Match of what is not there", 404, "PATCH", `/v1/networks/${missing}`, { body: {} }],
      ["a selector that is none", 400, "GET", `${networks}?selector=%3D%3D`],
      ["an unknown phase", 400, "GET", `${networks}?phase=happy`, {}, "phase"],
      ["an unknown order", 400, "GET", `${networks}?sort=size`, {}, "sort"],
      ["the events of what never was", 404, "GET", `/v1/networks/${missing}/events`],
      ["a retry of what is not there", 404, "POST", "/v1/operations/op_00000000000000000000000000/retry"],
      ["another path", 404, "GET", "/v1/nothing"],
      ["another method", 405, "PUT", networks, { body: spec }],
      ["no key", 401, "GET", networks, { headers: { authorization: "" } }],
      ["a key that is none", 401, "GET", networks, { headers: { authorization: "Bearer abc" } }],
      [
        "an unknown key",
        401,
        "GET",
        networks,
        { headers: { authorization: `Bearer cpk_ffffffffffff_${"x".repeat(43)}` } },
      ],
      [
        "a key with another secret",
        401,
        "POST",
        networks,
        { body: {}, headers: { authorization: `Bearer ${anId}_${"y".repeat(40)}` } },
      ],
    ])(
      "refuses %s with %i, says what to do and writes nothing",
      async (_what, status, method, path, request, field) => {
        const before = await contents(plane);
        const answer = await call(method, path, request);
        expect(answer.status).toBe(status);
        expect(answer.headers.get("content-type")).toBe("application/problem+json");
        expect(answer.json).toMatchObject({
          type: expect.stringMatching(/^urn:cellplane:/),
          status,
          detail: expect.stringMatching(/\w/),
        });
        if (field !== undefined) expect(answer.json.errors?.map(({ path: where }) => where)).toContain(field);
        expect(await contents(plane)).toEqual(before);
      },
    );

    it("refuses a name that is taken, and a change without or with an old If-Match", async () => {
      const { json } = await call("POST", networks, { body: spec });
      expect(await call("POST", networks, { body: spec })).toMatchObject({
        status: 409,
        json: { type: "urn:cellplane:name-taken" },
      });
      const path = `/v1/networks/${json.network.id}`;
      expect((await call("DELETE", path)).status).toBe(428);
      expect(await call("DELETE", path, { headers: { "if-match": '"7"' } })).toMatchObject({
        status: 412,
        json: { etag: '"1"' },
      });
    });

    it("gives a token for one network, never above one's own role", async () => {
      const { json } = await call("POST", networks, { body: spec });
      const net = json.network.id;
      const made = await call("POST", `/v1/networks/${net}/token`, { body: { role: "viewer" } });
      expect(made.status).toBe(201);
      const keys = await plane.deps.networkTokens.publicKeys();
      const { claims } = await plane.deps.verifier.verify(made.json.token, {
        typ: "network+jwt",
        audience: net,
        keys,
        now: Date.now(),
      });
      expect(claims).toMatchObject({ role: "viewer", sub: `key:${id}`, iss: plane.deps.issuer });
      expect(claims.exp - claims.iat).toBe(900);
      expect(Date.parse(made.json.expiresAt)).toBe(claims.exp * 1_000);
    });
  });
}
