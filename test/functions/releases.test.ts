import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import { aKey, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

const any = { "if-match": "*" };
const v2 = { version: "0.2.0", upgradesFrom: ["0.1.x"], downgradesTo: ["0.1.x"], notes: "Two." };
const settingsSchema = { type: "object", properties: { retries: { type: "integer", minimum: 0, maximum: 10 } } };

describe("releases", () => {
  let plane: TestControlPlane;
  let call: CallApi;
  beforeEach(async () => {
    plane = await aControlPlane();
    call = anApi(plane, await aKey(plane, { platform: true }));
    await plane.addCell();
  });
  afterEach(() => plane.close());

  const publish = (body: object, headers = {}) => call("POST", "/v1/releases", { body, headers });
  const promote = (version: string, channel: string) =>
    call("POST", `/v1/releases/${version}/promote`, { body: { channel } });
  const withdraw = (version: string, reason = "it leaks") =>
    call("POST", `/v1/releases/${version}/withdraw`, { body: { reason } });
  const create = (name: string, more: object = {}) =>
    call("POST", "/v1/orgs/default/networks", { body: { name, ...more } });
  const ready = async (name: string, more: object = {}) => {
    const { status, json } = await create(name, more);
    expect(status).toBe(202);
    await plane.follow();
    expect((await plane.ended(json.operation.id)).state).toBe("succeeded");
    return (await call("GET", `/v1/networks/${json.network.id}`)).json;
  };
  const patch = (id: string, body: object) => call("PATCH", `/v1/networks/${id}`, { body, headers: any });
  const actions = async () =>
    (await call("GET", "/v1/orgs/default/audit?action=release")).json.items.map(({ action }) => action);

  it("are published once, never changed, and listed newest first", async () => {
    const published = await publish(v2);
    expect(published).toMatchObject({ status: 201, json: { version: "0.2.0", channels: [], withdrawn: null } });
    expect(published.headers.get("location")).toBe("/v1/releases/0.2.0");
    expect(await publish({ ...v2, version: "0.10.0" })).toMatchObject({ status: 201 });
    expect(await publish({ ...v2, notes: "Two again." })).toMatchObject({
      status: 409,
      json: { type: "urn:cellplane:name-taken" },
    });
    expect(await publish({ ...v2, version: "0.1.0", upgradesFrom: ["0.0.x"] })).toMatchObject({ status: 409 });
    const { json } = await call("GET", "/v1/releases");
    expect(json.items).toMatchObject([{ version: "0.10.0" }, { version: "0.2.0", notes: "Two." }]);
    const first = await call("GET", "/v1/releases?limit=1");
    expect((await call("GET", `/v1/releases?limit=1&cursor=${first.json.next}`)).json.items).toMatchObject([
      { version: "0.2.0" },
    ]);
    expect((await call("GET", "/v1/releases/0.2.0")).json).toEqual(published.json);
    expect((await call("GET", "/v1/releases/0.7.0")).status).toBe(404);
    expect((await call("GET", "/v1/releases/0.1.0")).json).toMatchObject({ channels: ["stable", "rapid"] });
    expect(await actions()).toEqual(["release.publish", "release.publish"]);
  });

  it("are published once under one idempotency key", async () => {
    const key = { "idempotency-key": "two" };
    const first = await publish(v2, key);
    expect(await publish(v2, key)).toMatchObject({ status: 201, json: first.json });
    expect((await publish({ ...v2, notes: "" }, key)).json).toMatchObject({
      type: "urn:cellplane:idempotency-key-reused",
    });
    expect(await actions()).toEqual(["release.publish"]);
  });

  it.each([
    ["no version", { upgradesFrom: ["0.1.x"] }, "version"],
    ["a version that is none", { ...v2, version: "2" }, "version"],
    ["nothing to follow", { ...v2, upgradesFrom: [] }, "upgradesFrom"],
    ["a pattern that is none", { ...v2, upgradesFrom: [">=1"] }, "upgradesFrom.0"],
    ["something to follow that is newer", { ...v2, upgradesFrom: ["0.3.x"] }, "upgradesFrom.0"],
    ["a digest that is none", { ...v2, images: { orchestrator: "latest" } }, "images.orchestrator"],
    ["a schema of another kind", { ...v2, settingsSchema: { type: "string" } }, "settingsSchema.type"],
    ["an edge that is none", { ...v2, minEdge: "new" }, "minEdge"],
    ["an unknown field", { ...v2, colour: "red" }, "colour"],
  ])("are refused with %s", async (_, body, path) => {
    const { status, json } = await publish(body);
    expect([status, json]).toMatchObject([
      400,
      { errors: expect.arrayContaining([expect.objectContaining({ path })]) },
    ]);
    expect((await call("GET", "/v1/releases")).json.items).toEqual([]);
    expect(await actions()).toEqual([]);
  });

  it("are kept from networks until they are promoted, channel by channel", async () => {
    await publish(v2);
    expect(await ready("before")).toMatchObject({ resolvedRelease: "0.1.0", release: null });
    expect((await promote("0.2.0", "rapid")).json).toMatchObject({ channels: ["rapid"] });
    expect(await ready("stable")).toMatchObject({ resolvedRelease: "0.1.0", status: { release: "0.1.0" } });
    expect(await ready("rapid", { channel: "rapid" })).toMatchObject({
      resolvedRelease: "0.2.0",
      release: null,
      status: { release: "0.2.0" },
    });
    expect(await promote("0.2.0", "rapid")).toMatchObject({ status: 200 });
    expect(await promote("0.2.0", "beta")).toMatchObject({ status: 400 });
    expect(await promote("0.7.0", "rapid")).toMatchObject({ status: 404 });
    expect(await actions()).toEqual(["release.promote", "release.publish"]);
  });

  it("that were withdrawn give no new networks, and channels fall back", async () => {
    await publish(v2);
    await promote("0.2.0", "stable");
    const had = await ready("had");
    expect((await withdraw("0.2.0")).json).toMatchObject({
      withdrawn: { at: expect.any(String), reason: "it leaks" },
      channels: [],
    });
    expect((await withdraw("0.2.0", "again")).json).toMatchObject({ withdrawn: { reason: "it leaks" } });
    expect(await withdraw("0.1.0", " ")).toMatchObject({ status: 400 });
    expect(await ready("next")).toMatchObject({ resolvedRelease: "0.1.0" });
    const pinned = await create("pinned", { release: "0.2.0" });
    expect(pinned).toMatchObject({ status: 400, json: { errors: [{ path: "release" }] } });
    expect(JSON.stringify(pinned.json)).toContain("it leaks");
    expect(await promote("0.2.0", "rapid")).toMatchObject({ status: 409 });
    expect(await patch(had.id, { labels: { still: "there" } })).toMatchObject({ status: 202 });
    expect((await call("GET", `/v1/networks/${had.id}`)).json).toMatchObject({ resolvedRelease: "0.2.0" });

    expect(await withdraw("0.1.0")).toMatchObject({ status: 200 });
    expect(await create("nothing-left")).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining("carries nothing") },
    });
  });

  it("move one network by its pin, with the ways there are", async () => {
    await publish(v2);
    await publish({ version: "0.3.0", upgradesFrom: ["0.2.x"] });
    const { id } = await ready("mover");
    const ordered = () => plane.cells.orders(id).map(({ spec }) => spec.release);
    expect(ordered()).toEqual(["0.1.0"]);

    expect(await patch(id, { release: "0.3.0" })).toMatchObject({
      status: 409,
      json: { from: "0.1.0", allowed: ["0.2.0"], detail: expect.stringContaining("it can go to 0.2.0") },
    });
    expect(await patch(id, { release: "0.9.0" })).toMatchObject({ status: 400 });
    for (const release of ["0.2.0", "0.1.0", "0.2.0", "0.3.0"]) {
      const { status, json } = await patch(id, { release });
      expect(status).toBe(202);
      await plane.follow();
      await plane.ended(json.operation.id);
      expect((await call("GET", `/v1/networks/${id}`)).json).toMatchObject({
        ...{ release, resolvedRelease: release, status: { release, phase: "ready" } },
      });
    }
    expect(ordered()).toEqual(["0.1.0", "0.2.0", "0.1.0", "0.2.0", "0.3.0"]);
    expect(await patch(id, { release: "0.2.0" })).toMatchObject({
      status: 409,
      json: { allowed: [], detail: expect.stringContaining("no other release") },
    });
    const { json } = await patch(id, { release: null });
    expect(json.network).toMatchObject({ release: null, resolvedRelease: "0.3.0" });
    const { items } = (await call("GET", `/v1/networks/${id}/events`)).json;
    expect(JSON.stringify(items)).toContain("It goes from 0.2.0 to 0.3.0.");
  });

  it("judge the settings of their networks", async () => {
    await publish({ ...v2, settingsSchema });
    const pinned = (settings: object) => create("with-settings", { release: "0.2.0", settings });
    expect(await pinned({ retries: 11 })).toMatchObject({
      status: 400,
      json: { errors: [{ path: "settings.retries" }] },
    });
    expect(await pinned({ heartbeat: "30s" })).toMatchObject({
      status: 400,
      json: { errors: [{ path: "settings.heartbeat" }] },
    });
    const { id } = await ready("with-settings", { release: "0.2.0", settings: { retries: 3 } });
    expect(await patch(id, { settings: { retries: "3" } })).toMatchObject({ status: 400 });
    // The older one does not know what is set.
    expect(await patch(id, { release: "0.1.0" })).toMatchObject({
      status: 400,
      json: { errors: [{ path: "settings.retries" }] },
    });
    expect(await patch(id, { release: "0.1.0", settings: null })).toMatchObject({ status: 202 });
  });

  it("say so when the machine cannot run them, and nothing is written", async () => {
    const builds = {
      provide: async () => {
        throw new Refusal("unavailable", "0.2.0 cannot be built on this machine: no disk");
      },
    };
    const failing = anApi({ deps: { ...plane.deps, builds } }, await aKey(plane, { platform: true }));
    expect(await failing("POST", "/v1/releases", { body: v2 })).toMatchObject({ status: 503 });
    expect((await call("GET", "/v1/releases/0.2.0")).status).toBe(404);
  });
});
