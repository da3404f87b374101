import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cell } from "#core/model/cell.ts";
import { meterNetworks } from "#core/operations/meter-networks.ts";
import { monitorCell } from "#core/operations/monitor-cell.ts";
import { recordCalls } from "#core/operations/record-calls.ts";
import { apiHandler } from "../../functions/api.ts";
import { gateway } from "../../standalone/control-plane/gateway.ts";
import { aKey, anApi, anOrganization, type CallApi } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

const minute = 60_000;
const any = { "if-match": "*" };

interface Row {
  readonly day: string;
  readonly network: string | null;
  readonly hours: Readonly<Record<string, number>>;
  readonly peakNodes: number;
  readonly averageNodes: number;
  readonly apiCalls: number;
}

describe("usage", () => {
  let plane: TestControlPlane;
  let call: CallApi;
  let cell: Cell;
  beforeEach(async () => {
    plane = await aControlPlane();
    // Two hours past midnight, so that no test meets the end of a day.
    plane.clock.advance(86_400_000 - ((plane.clock.now() - 2 * 60 * minute) % 86_400_000));
    call = anApi(plane, await aKey(plane));
    cell = await plane.addCell();
  });
  afterEach(() => plane.close());

  const create = async (name: string, plan = "starter") => {
    const { json } = await call("POST", "/v1/orgs/default/networks", { body: { name, plan } });
    await plane.follow();
    expect((await plane.ended(json.operation.id)).state).toBe("succeeded");
    return json.network.id;
  };
  const rows = async (query = ""): Promise<Row[]> =>
    (await call("GET", `/v1/orgs/default/usage?limit=200${query}`)).json.items as unknown as Row[];
  /** Hours by plan and network, over all days. */
  const hours = async (net: string) => {
    const sum: Record<string, number> = {};
    for (const row of await rows(`&from=${daysAgo(30)}`))
      if (row.network === net)
        for (const [plan, spent] of Object.entries(row.hours)) sum[plan] = (sum[plan] ?? 0) + spent;
    return sum;
  };
  const daysAgo = (days: number) => new Date(plane.clock.now() - days * 86_400_000).toISOString().slice(0, 10);
  const pass = async (minutes: number, nodes?: [string, number]) => {
    plane.clock.advance(minutes * minute);
    if (nodes) {
      const known = plane.cells.in(cell.id).get(nodes[0]);
      if (known) plane.cells.say(cell.id, { ...known, nodes: { online: nodes[1], total: nodes[1] } });
    }
    await monitorCell(plane.deps, cell.id, 0);
    return meterNetworks(plane.deps);
  };

  it("is booked once, however often and however late it is asked for", async () => {
    const net = await create("factory");
    expect(await pass(4)).toEqual({ booked: 0 });
    expect(await pass(26)).toEqual({ booked: 1 });
    await Promise.all(Array.from({ length: 5 }, () => meterNetworks(plane.deps)));
    expect((await hours(net)).starter).toBeCloseTo(0.5, 2);
    // Nobody ran for three days: nothing is lost of them.
    await pass(3 * 24 * 60);
    expect((await hours(net)).starter).toBeCloseTo(72.5, 2);
    plane.clock.advance(10 * minute);
    await Promise.all(Array.from({ length: 5 }, () => meterNetworks(plane.deps)));
    expect((await hours(net)).starter).toBeCloseTo(72.5 + 1 / 6, 2);
  });

  it("knows the plan, and ends when the place is given back", async () => {
    const net = await create("factory");
    await pass(30);
    const { json } = await call("PATCH", `/v1/networks/${net}`, { body: { plan: "large" }, headers: any });
    await plane.follow();
    await plane.ended(json.operation.id);
    await pass(30);
    const gone = await call("DELETE", `/v1/networks/${net}`, { headers: any });
    await plane.follow();
    await plane.ended(gone.json.operation.id);
    await pass(600);
    await pass(600);
    const spent = await hours(net);
    expect(spent.starter).toBeCloseTo(0.5, 2);
    expect(spent.large).toBeCloseTo(0.5, 2);
    expect(await plane.store.get("meter", net)).toBeUndefined();
  });

  it("tells the peak and the average of nodes", async () => {
    const net = await create("factory");
    await pass(10, [net, 4]);
    await pass(10, [net, 10]);
    await pass(10, [net, 1]);
    const [row] = (await rows()).filter(({ network }) => network === net);
    expect(row).toMatchObject({ peakNodes: 10 });
    expect(row?.averageNodes).toBeCloseTo(5, 1);
  });

  it("counts calls by organization and network, and records them within a minute", async () => {
    const net = await create("factory");
    for (let n = 0; n < 7; n++) await call("GET", `/v1/networks/${net}`);
    await call("GET", `/v1/networks/net_${"0".repeat(26)}`);
    plane.clock.advance(minute);
    await call("GET", "/v1/orgs/default");
    const calls = async (network: string | null) => (await rows()).find((row) => row.network === network)?.apiCalls;
    await expect.poll(() => calls(net)).toBe(7);
    // The creation, and the call that brought the minute to its end.
    expect(await calls(null)).toBe(2);
  });

  it("adds calls that several processes record at once", async () => {
    const { org } = plane.caller;
    const day = daysAgo(0);
    await Promise.all(Array.from({ length: 5 }, () => recordCalls(plane.deps, { org, network: null, day, calls: 10 })));
    expect(await rows()).toMatchObject([{ network: null, apiCalls: 50 }]);
  });

  it("is read by span, page by page, and as CSV whole", async () => {
    const nets = [await create("a"), await create("b"), await create("c")];
    await pass(24 * 60);
    const networks = (all: readonly Row[]) => all.filter(({ network }) => network !== null);
    const all: Row[] = [];
    for (let cursor = ""; ; ) {
      const { json } = await call("GET", `/v1/orgs/default/usage?limit=2&from=${daysAgo(1)}${cursor}`);
      all.push(...(json.items as unknown as Row[]));
      if (json.next === undefined) break;
      cursor = `&cursor=${json.next}`;
    }
    expect(networks(all)).toHaveLength(6);
    expect(all.map(({ day }) => day)).toEqual(all.map(({ day }) => day).sort());
    expect(networks(await rows(`&from=${daysAgo(1)}&to=${daysAgo(1)}`))).toHaveLength(3);
    expect(await rows(`&from=${daysAgo(9)}&to=${daysAgo(2)}`)).toEqual([]);

    const csv = await exported(`from=${daysAgo(1)}&format=csv`);
    expect(csv.type).toBe("text/csv; charset=utf-8");
    const lines = csv.text.trimEnd().split("\r\n");
    for (const net of nets) expect(lines.filter((line) => line.includes(net))).toHaveLength(2);
  });

  it.each(["from=yesterday", "format=xml", "from=2026-02-30", "from=2026-02-02&to=2026-02-01", "from=2020-01-01"])(
    "refuses the query %s",
    async (query) => {
      expect((await call("GET", `/v1/orgs/default/usage?${query}`)).status).toBe(400);
    },
  );

  it("of one organization is nothing to another", async () => {
    await create("factory");
    await pass(30);
    const org = await anOrganization(plane, "other");
    const stranger = await aKey(plane, { org, role: "viewer" });
    expect((await call("GET", "/v1/orgs/default/usage", { bearer: stranger })).status).toBe(404);
    const own = (await call("GET", "/v1/orgs/other/usage", { bearer: stranger })).json.items as unknown as Row[];
    expect(own.filter(({ network }) => network !== null)).toEqual([]);
  });

  const exported = async (query: string) => {
    const init = { headers: { authorization: `Bearer ${await aKey(plane)}` } };
    const from = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };
    const answer = await gateway(apiHandler(plane.deps)).request(`/v1/orgs/default/usage?${query}`, init, from);
    return { type: answer.headers.get("content-type"), text: await answer.text() };
  };
});
