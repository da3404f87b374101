import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiHandler } from "../functions/api.ts";
import { gateway } from "../standalone/control-plane/gateway.ts";
import { aControlPlane, sqliteIntent } from "../test/control-plane.ts";
import { milliseconds, percentile, print } from "./figures.ts";

/** How long each measurement runs, after half of that to warm up. */
const SECONDS = 3;

/** How many networks the list has. */
const NETWORKS = 10_000;

/** On a disk, as it would be. */
const folder = mkdtempSync(join(tmpdir(), "bench-api-"));
const plane = await aControlPlane({ intent: sqliteIntent(join(folder, "intent.db")) });
const key = `cpk_0123456789ab_${"0".repeat(43)}`;
await plane.store.commit([
  {
    write: "put",
    was: 0,
    kind: "api-key",
    value: {
      id: "cpk_0123456789ab",
      sha256: plane.deps.secrets.sha256(key),
      name: "bench",
      org: plane.caller.org,
      role: "owner",
      platform: true,
      createdAt: new Date().toISOString(),
    },
  },
]);
const app = gateway(apiHandler(plane.deps));
const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
const call = (path: string, init: RequestInit = {}) =>
  app.request(path, { headers, ...init }, { incoming: { socket: { remoteAddress: "127.0.0.1" } } });

/** Calls a second, one after the other, in one process. */
async function perSecond(act: () => Promise<Response>): Promise<number> {
  const run = async (seconds: number) => {
    let calls = 0;
    const until = performance.now() + seconds * 1_000;
    for (; performance.now() < until; calls++) {
      const response = await act();
      await response.text();
      if (response.status >= 400) throw new Error(String(response.status));
    }
    return calls / seconds;
  };
  await run(SECONDS / 2);
  return run(SECONDS);
}

await plane.addCell();
await plane.store.commit([
  {
    write: "put",
    was: 0,
    kind: "quota",
    value: {
      ...{ org: plane.caller.org, networks: 100_000, nodesPerNetwork: 500, members: 10, keys: 10 },
      requestsPerMinute: 1_000_000,
    },
  },
]);
let made = 0;
const create = () =>
  call("/v1/orgs/default/networks", { method: "POST", body: JSON.stringify({ name: `n-${made++}` }) });
const { network } = (await (await create()).json()) as { network: { id: string } };
await plane.follow();
const get = await perSecond(async () => call(`/v1/networks/${network.id}`));
print("GET /v1/networks/{net}", `${Math.round(get)} /s`, "≥ 2,000 /s");
const health = await perSecond(async () => call("/healthz"));
print("  as a share of an endpoint that does nothing", `${((100 * get) / health).toFixed(0)} %`);

const begun = performance.now();
while (made < NETWORKS) {
  const response = await create();
  if (response.status !== 202) throw new Error(await response.text());
  await response.text();
}
const spent = (performance.now() - begun) / 1_000;
print("POST …/networks accepted, one after the other, on a disk", `${Math.round(NETWORKS / spent)} /s`, "≥ 150 /s");

for (const query of ["limit=100", "limit=100&sort=name"]) {
  const taken: number[] = [];
  for (let n = 0; n < 40; n++) {
    const from = performance.now();
    const { items } = (await (await call(`/v1/orgs/default/networks?${query}`)).json()) as { items: unknown[] };
    if (items.length !== 100) throw new Error(`${items.length} networks`);
    taken.push(performance.now() - from);
  }
  print(`first page of 100 of ${NETWORKS} networks, ${query}`, milliseconds(percentile(taken, 0.95)), "p95 ≤ 50 ms");
}
await plane.close();
rmSync(folder, { recursive: true });
