import { apiHandler } from "../functions/api.ts";
import { gateway } from "../standalone/control-plane/gateway.ts";
import { aControlPlane } from "../test/control-plane.ts";
import { print } from "./figures.ts";

/** How long each measurement runs, after half of that to warm up. */
const SECONDS = 3;

const plane = await aControlPlane();
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
let made = 0;
const create = () =>
  call("/v1/orgs/default/networks", { method: "POST", body: JSON.stringify({ name: `n-${made++}` }) });
const { network } = (await (await create()).json()) as { network: { id: string } };
await plane.follow();
const get = await perSecond(async () => call(`/v1/networks/${network.id}`));
print("GET /v1/networks/{net}", `${Math.round(get)} /s`, "≥ 2,000 /s");
const health = await perSecond(async () => call("/healthz"));
print("  as a share of an endpoint that does nothing", `${((100 * get) / health).toFixed(0)} %`);
await plane.close();
