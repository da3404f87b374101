import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cell } from "#core/model/cell.ts";
import { NetworkSpec } from "#core/model/network.ts";
import { createNetwork } from "#core/operations/create-network.ts";
import { surveyCell } from "#core/operations/survey-cell.ts";
import { aKey, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

const any = { "if-match": "*" };

describe("cells", () => {
  let plane: TestControlPlane;
  let call: CallApi;
  let cell: Cell;
  let path: string;
  beforeEach(async () => {
    plane = await aControlPlane();
    call = anApi(plane, await aKey(plane, { platform: true }));
    cell = await plane.addCell({ labels: { zone: "a", disk: "ssd" } });
    path = `/v1/cells/${cell.id}`;
  });
  afterEach(() => plane.close());

  const ready = async (name: string) => {
    const { network, operation } = await createNetwork(plane.deps, plane.caller, {
      org: "default",
      spec: NetworkSpec.parse({ name }),
      idempotencyKey: undefined,
    });
    await plane.follow();
    expect((await plane.ended(operation.id)).state).toBe("succeeded");
    return network.id;
  };
  const actions = async () =>
    (await call("GET", "/v1/orgs/default/audit?action=cell")).json.items.map(({ action }) => action);

  it("change their labels and limits by a merge patch, with the ETag that was read", async () => {
    const read = await call("GET", path);
    const etag = read.headers.get("etag") ?? "";
    const body = { labels: { disk: null, tier: "gold" }, limits: { networks: 7 } };
    expect((await call("PATCH", path, { body })).status).toBe(428);
    const changed = await call("PATCH", path, { body, headers: { "if-match": etag } });
    expect(changed).toMatchObject({ status: 200, json: { limits: { networks: 7 } } });
    expect(changed.json).toHaveProperty("labels", { zone: "a", tier: "gold" });
    expect((await call("PATCH", path, { body, headers: { "if-match": etag } })).status).toBe(412);
    expect((await call("GET", path)).headers.get("etag")).toBe(changed.headers.get("etag"));
    expect(await actions()).toEqual(["cell.update"]);
  });

  it.each([
    [{ schedulable: false }],
    [{ name: "other" }],
    [{ region: "eu" }],
    [{ limits: { networks: -1 } }],
    [{ labels: { "a b": "c" } }],
    [{ labels: { a: "b c" } }],
  ])("refuse the patch %o", async (body) => {
    expect(await call("PATCH", path, { body, headers: any })).toMatchObject({ status: 400 });
    expect(await actions()).toEqual([]);
  });

  it("that are cordoned take nothing until they are uncordoned, and say why", async () => {
    const cordoned = await call("POST", `${path}/cordon`, { body: { reason: "new disks" } });
    expect(cordoned).toMatchObject({ status: 200, json: { schedulable: false, cordon: { reason: "new disks" } } });
    expect((await call("POST", `${path}/cordon`, { body: { reason: "new disks" } })).status).toBe(200);
    const { json } = await call("POST", "/v1/orgs/default/networks", { body: { name: "waits" } });
    await plane.follow();
    await expect
      .poll(async () => (await plane.store.get("operation", json.operation.id))?.value.error?.detail)
      .toContain("is cordoned: new disks");
    const open = await call("POST", `${path}/uncordon`);
    expect(open).toMatchObject({ status: 200, json: { schedulable: true, cordon: null } });
    await call("POST", `/v1/operations/${json.operation.id}/cancel`);
    await call("POST", `/v1/operations/${json.operation.id}/retry`);
    await plane.follow();
    expect((await plane.ended(json.operation.id)).state).toBe("succeeded");
    expect(await actions()).toEqual(["cell.uncordon", "cell.cordon"]);
  });

  it("with no places take nothing, and keep what they have", async () => {
    await ready("first");
    await call("PATCH", path, { body: { limits: { networks: 0 } }, headers: any });
    const { json } = await call("POST", "/v1/orgs/default/networks", { body: { name: "second" } });
    await plane.follow();
    await expect
      .poll(async () => (await plane.store.get("operation", json.operation.id))?.value.error?.detail)
      .toContain("is full (1 of 0 places)");
    expect(plane.cells.in(cell.id).size).toBe(1);
  });

  it("are deleted only while nothing is placed there", async () => {
    const net = await ready("first");
    expect((await call("DELETE", path)).status).toBe(428);
    expect(await call("DELETE", path, { headers: any })).toMatchObject({
      status: 409,
      json: { type: "urn:cellplane:not-possible-now", networks: 1 },
    });
    const { json } = await call("DELETE", `/v1/networks/${net}`, { headers: any });
    await plane.follow();
    await plane.ended(json.operation.id);
    expect((await call("DELETE", path, { headers: any })).status).toBe(200);
    expect((await call("GET", path)).status).toBe(404);
    expect(await plane.store.get("cell-report", cell.id)).toBeUndefined();
    expect(await actions()).toEqual(["cell.delete"]);
    expect((await call("POST", "/v1/cells", { body: { name: cell.name } })).status).toBe(201);
  });

  it("show what a survey found in them, page by page", async () => {
    expect((await call("GET", `${path}/orphans`)).json).toMatchObject({ items: [], surveyedAt: null, total: 0 });
    const nets = [await ready("a"), await ready("b"), await ready("c")];
    for (const net of nets) plane.cells.lose(cell.id, net);
    expect(await surveyCell(plane.deps, cell.id)).toMatchObject({ restored: 3 });
    const first = await call("GET", `${path}/orphans?limit=2`);
    expect(first.json.items).toMatchObject([
      { network: nets[0], what: "missing", action: "restored" },
      { network: nets[1], what: "missing", action: "restored" },
    ]);
    const rest = await call("GET", `${path}/orphans?limit=2&cursor=${first.json.next}`);
    expect(rest.json.items).toMatchObject([{ network: nets[2] }]);
    expect(rest.json.next).toBeUndefined();
  });

  it.each([
    ["PATCH", "", { limits: { networks: 1 } }],
    ["DELETE", "", undefined],
    ["POST", "/cordon", {}],
    ["POST", "/uncordon", {}],
    ["GET", "/orphans", undefined],
  ])("are for operators of the platform alone: %s %s", async (method, verb, body) => {
    const owner = await aKey(plane);
    expect((await call(method, `${path}${verb}`, { bearer: owner, body, headers: any })).status).toBe(403);
    const nowhere = `/v1/cells/cel_${"0".repeat(26)}${verb}`;
    expect((await call(method, nowhere, { body, headers: any })).status).toBe(404);
  });
});
