import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { systemClock } from "#adapters/world.ts";
import { createCa } from "#adapters/x509.ts";
import { objectNameOf } from "#core/model/ids.ts";
import type { ObjectRef } from "#core/model/kube-object.ts";
import type { Clock, Cluster } from "#core/ports.ts";
import { keptRef, readKept, writeKept } from "../../cell-agent/kept.ts";
import { currentAuthority } from "../../cell-agent/keys/authority.ts";
import { aCell, type Cell } from "../standalone/cluster/cell.ts";
import { aNetwork, anOrder, aServedCell, type ServedCell } from "./a-served-cell.ts";

const DAY = 86_400_000;
const certificatesOf = (pem: string) => pem.split(/(?=-----BEGIN)/);
const certificatesIn = (pem: string) => certificatesOf(pem).map((one) => new X509Certificate(one).fingerprint256);

describe("an authority of a cell", () => {
  let cell: Cell;
  const now = Date.now();
  const at = (day: number) =>
    currentAuthority(cell.cluster, { name: "some-ca", title: "some CA", now: now + day * DAY });
  beforeAll(async () => {
    cell = await aCell();
    await cell.cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "cellplane-system" } });
  });
  afterAll(() => cell.close());

  it("is made once, whoever comes first", async () => {
    const [one, other] = await Promise.all([at(0), at(0)]);
    expect(other).toEqual(one);
    expect(await at(300)).toEqual(one);
  });

  it("gets a next generation that is trusted at once and signs after a month; two agents make one", async () => {
    const first = await at(0);
    const [early, same] = await Promise.all([at(2_434), at(2_434)]);
    expect(same).toEqual(early);
    expect(early.certPem).toBe(first.certPem);
    expect(certificatesIn(early.trustPem)).toHaveLength(2);
    expect(early.trustPem).toContain(first.certPem);

    expect(await at(2_463)).toEqual(early);
    const late = await at(2_465);
    expect(late.trustPem).toBe(early.trustPem);
    expect(late.certPem).not.toBe(first.certPem);
    expect(certificatesIn(early.trustPem)).toContain(new X509Certificate(late.certPem).fingerprint256);

    expect((await at(3_651)).trustPem).toBe(late.certPem);
  });

  it("takes over the one pair that cells of before kept", async () => {
    const pair = createCa({ name: "old", now, days: 3_650 });
    await writeKept(cell.cluster, keptRef("Secret", "old-ca"), { value: pair, version: "" });
    const held = await currentAuthority(cell.cluster, { name: "old-ca", title: "old", now });
    expect(held).toEqual({ ...pair, trustPem: pair.certPem });
  });
});

/**
 * Certificates are checked by this machine's clock, so the agent's is set back: what it made "then" is old by now, and what it renews
 * "now" is good.
 */
describe("the authorities of a cell in their rotation", () => {
  let served: ServedCell;
  const ago = (days: number): Clock => ({ now: () => Date.now() - days * DAY, sleep: systemClock.sleep });
  const network = aNetwork();
  const name = objectNameOf(network);

  beforeAll(async () => {
    served = await aServedCell({ clock: ago(2_434 + 70) });
  });
  afterAll(() => served.close());

  const restart = async (days: number) => {
    await served.stopAgent();
    const joins = served.controlPlane.joins.length;
    await served.startAgent(ago(days));
    await expect.poll(() => served.controlPlane.joins.length, { timeout: 60_000 }).toBeGreaterThan(joins);
    return served.controlPlane.joins.at(-1);
  };
  const secret = async (cluster: Cluster, ref: ObjectRef, file: string) => {
    const data = (await cluster.get(ref))?.data as Record<string, string> | undefined;
    return Buffer.from(data?.[file] ?? "", "base64").toString();
  };
  const handedOut = () =>
    secret(served.cell.cluster, { ...keptRef("Secret", "orchestrator"), namespace: name }, "nats-ca.pem");

  it("hands the next generation out to the control plane and to every network, before it signs anything", async () => {
    const before = await vi.waitUntil(() => served.controlPlane.joins.at(-1), { timeout: 60_000 });
    expect(certificatesIn(before.natsCaPem ?? "")).toHaveLength(1);
    const joined = await restart(70);
    expect(certificatesIn(joined?.caPem ?? "")).toHaveLength(2);
    expect(certificatesIn(joined?.natsCaPem ?? "")).toHaveLength(2);
    expect(joined?.natsCaPem).toContain(before.natsCaPem);

    await served.cell.cluster.apply({
      ...{ apiVersion: "cellplane.dev/v1", kind: "NetworkInstance", metadata: { name } },
      spec: { network, ...anOrder() },
    });
    await vi.waitFor(async () => expect(await handedOut()).toBe(joined?.natsCaPem), { timeout: 60_000 });
  }, 60_000);

  it("lets the next one sign when everybody knows it", async () => {
    const [first = "", next = ""] = certificatesOf(await handedOut()).map((pem) => new X509Certificate(pem).subject);
    const tls = { ...keptRef("Secret", "nats"), namespace: name };
    const issuer = async () => new X509Certificate(await secret(served.cell.cluster, tls, "tls.crt")).issuer;
    expect(await issuer()).toBe(first);
    const ca = await handedOut();
    expect((await restart(0))?.natsCaPem).toBe(ca);
    await expect.poll(issuer, { timeout: 60_000 }).toBe(next);
  }, 60_000);

  it("trusts the calls of the control plane and the internal ports throughout", async () => {
    const signs = await readKept(served.cell.cluster, keptRef("Secret", "nats-ca"), (value) => value as object[]);
    expect(signs?.value).toHaveLength(2);
    await served.whenReady();
    const observed = () => served.cells.observe(served.address(), network, { generation: 1, waitMs: 0 });
    await vi.waitFor(async () => expect(await observed()).toMatchObject({ phase: "ready" }), { timeout: 60_000 });
  }, 60_000);
});
