import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cell, placesOf } from "#core/model/cell.ts";
import { DEADLINE_MS } from "#core/model/operation.ts";
import { surveyCell } from "#core/operations/survey-cell.ts";
import { sweep } from "#core/operations/sweep.ts";
import { aKey, anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

const blocker = "PersistentVolumeClaim net/data is held by example.com/guard: whoever set that must release it";
const any = { "if-match": "*" };

describe("R12: a delete that is held", () => {
  let plane: TestControlPlane;
  let call: CallApi;
  let operator: string;
  let cell: Cell;
  let net: string;
  let op: string;
  beforeEach(async () => {
    plane = await aControlPlane();
    operator = await aKey(plane, { platform: true });
    call = anApi(plane, await aKey(plane));
    cell = await plane.addCell();
    const { json } = await call("POST", "/v1/orgs/default/networks", { body: { name: "stuck" } });
    net = json.network.id;
    await plane.follow();
    await plane.ended(json.operation.id);
    plane.cells.block(net, [blocker]);
    op = (await call("DELETE", `/v1/networks/${net}`, { headers: any })).json.operation.id;
    await plane.follow();
    await expect.poll(async () => (await operation()).timeline.map(({ detail }) => detail).join()).toContain(blocker);
  });
  afterEach(() => plane.close());

  const operation = async () => {
    const found = await plane.store.get("operation", op);
    if (!found) throw new Error("the operation is gone");
    return found.value;
  };
  const force = (bearer = operator, body: object = { reason: "the volume is lost" }) =>
    call("POST", `/v1/operations/${op}/force`, { bearer, body });
  const failed = async () => {
    plane.clock.advance(DEADLINE_MS + 1);
    await expect
      .poll(
        async () => {
          await sweep(plane.deps);
          return (await operation()).state;
        },
        { timeout: 60_000 },
      )
      .toBe("failed");
  };

  it("says what holds it: in its timeline once, in what explains it, and to its owner", async () => {
    const explained = await call("GET", `/v1/operations/${op}/explain`);
    expect(JSON.stringify(explained.json)).toContain(blocker);
    expect(JSON.stringify((await call("GET", `/v1/networks/${net}/explain`)).json)).toContain(blocker);
    const noted = (await operation()).timeline.filter(({ detail }) => detail.includes(blocker));
    expect(noted).toMatchObject([{ step: "ObserveNetwork", outcome: "waiting" }]);
    expect(JSON.stringify((await call("GET", `/v1/networks/${net}/events`)).json)).toContain("delete.blocked");
  });

  it("ends as failed at its deadline, and names what holds it", async () => {
    await failed();
    expect(await operation()).toMatchObject({
      state: "failed",
      error: { type: "urn:cellplane:timed-out", detail: expect.stringContaining(blocker) },
    });
    // Asked for again, with nothing in its way, it is done.
    plane.cells.block(net, undefined);
    await plane.report(cell.id);
    const again = await call("DELETE", `/v1/networks/${net}`, { headers: any });
    await plane.follow();
    expect((await plane.ended(again.json.operation.id)).state).toBe("succeeded");
  }, 60_000);

  it("is forced by an operator of the platform, with a reason, also when it has failed; the survey clears up", async () => {
    await failed();
    const owner = await aKey(plane);
    expect((await force(owner)).status).toBe(403);
    expect((await force(operator, {})).status).toBe(400);
    expect((await force(operator, { reason: " " })).status).toBe(400);
    expect(await force()).toMatchObject({ status: 200, json: { state: "succeeded" } });
    expect((await call("GET", `/v1/networks/${net}`)).status).toBe(404);
    expect(await plane.store.countOf(placesOf(cell.id))).toBe(0);
    expect((await force()).status).toBe(409);
    const audit = await call("GET", "/v1/orgs/default/audit?action=operation.force");
    expect(JSON.stringify(audit.json.items)).toContain("the volume is lost");

    const orphans = async () => (await call("GET", `/v1/cells/${cell.id}/orphans`, { bearer: operator })).json.items;
    expect(await orphans()).toMatchObject([{ network: net, what: "orphan", why: expect.stringContaining(blocker) }]);
    expect(await surveyCell(plane.deps, cell.id)).toMatchObject({ removed: 1 });
    expect(await orphans()).toMatchObject([{ network: net, action: "removed" }]);
    plane.cells.block(net, undefined);
    await surveyCell(plane.deps, cell.id);
    expect(plane.cells.in(cell.id).size).toBe(0);
    await surveyCell(plane.deps, cell.id);
    expect(await orphans()).toEqual([]);
  }, 60_000);

  it("is forced while it is under way, and what works on it ends in peace", async () => {
    expect(await force()).toMatchObject({ status: 200, json: { state: "succeeded" } });
    plane.cells.block(net, undefined);
    await surveyCell(plane.deps, cell.id);
    expect(plane.cells.in(cell.id).size).toBe(0);
    expect((await operation()).state).toBe("succeeded");
  });

  it("is the only thing that can be forced", async () => {
    const { json } = await call("POST", "/v1/orgs/default/networks", { body: { name: "other" } });
    const refused = await call("POST", `/v1/operations/${json.operation.id}/force`, {
      bearer: operator,
      body: { reason: "why not" },
    });
    expect(refused).toMatchObject({ status: 409, json: { type: "urn:cellplane:not-possible-now" } });
  });
});
