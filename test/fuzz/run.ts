import fc from "fast-check";
import { openApi } from "#core/api/openapi.ts";
import type { Change } from "#core/ports.ts";
import { apiHandler } from "../../functions/api.ts";
import { gateway } from "../../standalone/control-plane/gateway.ts";
import { aKey, aMember, aNetwork, anApi, anOrganization, testPeople } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";
import { undescribed } from "../described.ts";
import { type Document, type FuzzedRequest, requestsFrom, type World } from "./requests.ts";

export interface Fuzzed {
  readonly seed: number;
  /** What went wrong, with the request; the first few. */
  readonly wrong: readonly string[];
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Kept beside every request, whatever it asks: when a key was used, and what is charged. */
const housekeeping = new Set(["api-key-use", "usage", "meter"]);

/** Time passes, so that rates do not refuse everything. */
const BETWEEN_MS = 20;

/**
 * Sends so many requests made from the OpenAPI document, one after the other, to a control plane with something in it. Wrong is: our
 * own fault, an answer that is not described, and a refusal that has written something.
 */
export async function fuzz(count: number, seed: number): Promise<Fuzzed> {
  const people = testPeople();
  const plane = await aControlPlane({ people });
  try {
    let written = 0;
    const store = {
      ...plane.deps.store,
      async commit(changes: readonly Change[]) {
        await plane.deps.store.commit(changes);
        if (changes.some(isWrite)) written += 1;
      },
    };
    const app = gateway(apiHandler({ ...plane.deps, store }));
    const requests = requestsFrom(openApi() as unknown as Document, await worldOf(plane, people));
    const wrong: string[] = [];
    const statuses: Record<string, number> = {};
    const send = async ({ method, path, headers, body }: FuzzedRequest) => {
      written = 0;
      const init = { method, headers, ...(body === undefined || method === "GET" ? {} : { body }) };
      const response = await app.request(path, init, { incoming: { socket: { remoteAddress: "127.0.0.1" } } });
      const { status } = response;
      const text = await response.text();
      statuses[status] = (statuses[status] ?? 0) + 1;
      const contentType = response.headers.get("content-type");
      return [
        ...(status >= 500 ? [`answered ${status}: ${text}`] : []),
        ...(status >= 400 && written > 0 ? [`wrote, and answered ${status}: ${text}`] : []),
        ...undescribed(method, path, { status, contentType, text }),
      ];
    };
    // In parts, so that a long run is not all in memory.
    for (let done = 0; done < count && wrong.length < 5; done += 1_000) {
      const part = fc.sample(requests, { numRuns: Math.min(1_000, count - done), seed: seed + done });
      for (const request of part) {
        const found = await send(request);
        plane.clock.advance(BETWEEN_MS);
        if (found.length > 0) wrong.push(`${found.join("\n")}\n  to ${JSON.stringify(request)}`);
      }
    }
    return { seed, wrong: wrong.slice(0, 5), statuses };
  } finally {
    await plane.close();
  }
}

const isWrite = (change: Change): boolean =>
  change.write === "count" || ((change.write === "put" || change.write === "remove") && !housekeeping.has(change.kind));

async function worldOf(plane: TestControlPlane, people: ReturnType<typeof testPeople>): Promise<World> {
  const { org } = plane.caller;
  const admin = await aKey(plane, { platform: true });
  const call = anApi(plane, admin);
  const other = await anOrganization(plane, "other");
  const cells = [await plane.addCell(), await plane.addCell()];
  const networks = [await aNetwork(call, org, "one", admin), await aNetwork(call, org, "two", admin)];
  await plane.follow();
  const operations = await Promise.all(
    networks.map(async (net) => (await plane.store.list("operations-of-network", net, { limit: 1 }))[0]?.id ?? ""),
  );
  for (const operation of operations) await plane.ended(operation);
  const member = await aMember(call, {
    ...{ admin, token: people.person("m"), email: "m@example.com", org, role: "viewer" as const },
  });
  const spare = await aKey(plane, { role: "viewer" });
  const bearers = [
    ...[admin, admin, admin, people.person("nobody"), people.person("m")],
    await aKey(plane, { role: "owner" }),
    await aKey(plane, { role: "operator" }),
    await aKey(plane, { role: "viewer" }),
    await aKey(plane, { role: "owner", org: other }),
  ];
  for (const bearer of bearers) await call("GET", "/v1/me", { bearer });
  return {
    bearers,
    ids: {
      org: [org, "default", other, "other"],
      net: networks,
      op: operations,
      cell: cells.map(({ id }) => id),
      member: [member],
      key: [spare.slice(0, 16)],
    },
  };
}
