import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sendRequest } from "#adapters/request.ts";
import { type NetworkId, objectNameOf } from "#core/model/ids.ts";
import type { Observed } from "#core/model/network.ts";
import { type Severable, severable } from "./a-cluster-that-fails.ts";
import { aNetwork, anOrder, aServedCell, type ServedCell } from "./a-served-cell.ts";

const LONG = { timeout: 60_000 };

describe("an agent and the networks of its cell", () => {
  let served: ServedCell;
  let cluster: Severable;
  beforeAll(async () => {
    cluster = severable();
    served = await aServedCell({ through: cluster.through });
    await vi.waitFor(() => expect(served.controlPlane.joins).toHaveLength(1), { timeout: 30_000 });
    await served.whenReady();
  });
  afterAll(() => served.close());

  const observe = (network: NetworkId) => served.cells.observe(served.address(), network, { generation: 1, waitMs: 0 });
  const until = (network: NetworkId, expected: Partial<Observed>) =>
    vi.waitFor(async () => {
      const observed = await observe(network);
      expect(observed).toMatchObject(expected);
      return observed as Observed;
    }, LONG);
  const condition = (type: string, status: string) => ({
    conditions: expect.arrayContaining([expect.objectContaining({ type, status })]),
  });
  async function aReadyNetwork(): Promise<{ network: NetworkId; name: string; order: ReturnType<typeof anOrder> }> {
    const network = aNetwork();
    const order = anOrder();
    await served.cells.apply(served.address(), network, order);
    await until(network, { phase: "ready", observedGeneration: 1 });
    return { network, name: objectNameOf(network), order };
  }
  const ask = async (network: NetworkId, path: string) => {
    const url = new URL(path, (await observe(network))?.endpoints?.api);
    return sendRequest({ method: "GET", url, timeoutMs: 5_000 });
  };
  const objectOf = (kind: string, apiVersion: string, namespace: string, name: string) =>
    served.cell.cluster.get({ kind, apiVersion, namespace, name });
  const podsOf = (namespace: string, component: string) =>
    served.cell.cluster.list({
      ...{ apiVersion: "v1", kind: "Pod", namespace },
      labels: { "app.kubernetes.io/name": component },
    });
  const remove = async (network: NetworkId, generation = 100) => {
    await served.cells.remove(served.address(), network, { epoch: 1, generation });
    await vi.waitFor(async () => expect(await observe(network)).toBeUndefined(), LONG);
  };

  it("joins with its identity, its address and its CA", () => {
    expect(served.controlPlane.joins[0]).toMatchObject({
      token: expect.stringMatching(/^cpj_/),
      publicUrl: served.agent().url,
      domain: "cell-1.test",
      capacity: { networks: null },
      existing: [],
    });
  });

  it("brings a network up until a node could connect", async () => {
    const { network } = await aReadyNetwork();
    const observed = await observe(network);
    expect(observed).toMatchObject({
      ...{ release: "0.1.0", reachable: { api: true, nats: true }, nodes: { online: 0, total: 0 }, blockers: [] },
      ...condition("Settled", "True"),
      endpoints: { api: expect.stringMatching(/^http:/), nats: expect.stringMatching(/^tls:/) },
    });
    expect((await ask(network, "/readyz")).status).toBe(200);
    await remove(network);
  });

  it("writes nothing while nothing changes", async () => {
    const { network, order } = await aReadyNetwork();
    const digest = await served.cells.report(served.address(), { since: null, waitMs: 0 });
    const before = cluster.writes().length;
    await served.cells.apply(served.address(), network, order);
    const quiet = await served.cells.report(served.address(), { since: digest.cursor, waitMs: 3_000 });
    expect(quiet.networks).toEqual([]);
    expect(cluster.writes().slice(before)).toEqual([]);
    await remove(network);
  });

  it.concurrent("hands over a new access list at once, and restarts nothing for it", async () => {
    const { network, name, order } = await aReadyNetwork();
    const pods = (await podsOf(name, "orchestrator")).map(({ metadata }) => metadata.uid);
    const revoked = [{ sub: "user:eve", before: "2026-01-01T00:00:00.000Z" }];
    await served.cells.apply(served.address(), network, {
      ...order,
      generation: 2,
      access: { ...order.access, generation: 2, revoked },
    });
    await vi.waitFor(async () => expect(JSON.parse((await ask(network, "/access")).body)).toMatchObject({ revoked }), {
      timeout: 60_000,
    });
    await until(network, { phase: "ready", observedGeneration: 2 });
    expect((await podsOf(name, "orchestrator")).map(({ metadata }) => metadata.uid)).toEqual(pods);
    await remove(network);
  });

  it.concurrent("has the nodes told before their broker restarts", async () => {
    const { network, name, order } = await aReadyNetwork();
    const drains = async () => (await ask(network, "/drains")).body;
    const [before] = await podsOf(name, "nats");
    // The orchestrator that counts is the one of before: a larger plan gives a new one.
    const counted = vi.waitFor(async () => expect(await drains()).toBe("1"), { timeout: 60_000, interval: 5 });
    await served.cells.apply(served.address(), network, {
      ...order,
      generation: 2,
      spec: { ...order.spec, plan: "standard" },
    });
    await counted;
    await until(network, { phase: "ready", observedGeneration: 2 });
    const [after] = await podsOf(name, "nats");
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    await remove(network);
  });

  it.concurrent("changes the broker also when nobody answers who could tell its nodes, and says so", async () => {
    const { network, name, order } = await aReadyNetwork();
    const [before] = await podsOf(name, "nats");
    await ask(network, "/mute");
    await served.cells.apply(served.address(), network, {
      ...order,
      generation: 2,
      spec: { ...order.spec, plan: "standard" },
    });
    await until(network, { generation: 2, ...condition("BrokerAnnounced", "False") });
    await until(network, { phase: "ready", observedGeneration: 2 });
    const [after] = await podsOf(name, "nats");
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    await remove(network);
  });

  it.concurrent("moves to another release by a new pod, and is not ready before that one answers", async () => {
    const { network, name, order } = await aReadyNetwork();
    const broker = (await podsOf(name, "nats")).map(({ metadata }) => metadata.uid);
    await served.cells.apply(served.address(), network, {
      ...order,
      generation: 2,
      spec: { ...order.spec, release: "0.2.0" },
    });
    await until(network, { phase: "updating", generation: 2 });
    expect(await until(network, { phase: "ready", observedGeneration: 2 })).toMatchObject({ release: "0.2.0" });
    expect((await podsOf(name, "nats")).map(({ metadata }) => metadata.uid)).toEqual(broker);
    await remove(network);
  });

  it.concurrent("says why a release that nobody has does not come up", async () => {
    const network = aNetwork();
    await served.cells.apply(served.address(), network, anOrder({ release: "9.9.9" }));
    const stuck = await until(network, {
      phase: "provisioning",
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: "OrchestratorReady", status: "False", reason: "ErrImageNeverPull" }),
      ]),
    });
    expect(stuck.conditions.find(({ type }) => type === "Settled")?.status).toBe("False");
    await remove(network);
  });

  it.concurrent("makes again what somebody took away", async () => {
    const { network, name } = await aReadyNetwork();
    for (const [kind, apiVersion, object] of [
      ["Deployment", "apps/v1", "orchestrator"],
      ["NetworkPolicy", "networking.k8s.io/v1", "default-deny"],
      ["IngressRouteTCP", "traefik.io/v1alpha1", "nats"],
    ] as const) {
      const before = await objectOf(kind, apiVersion, name, object);
      await served.cell.cluster.remove({ kind, apiVersion, namespace: name, name: object });
      await vi.waitFor(async () => {
        const after = await objectOf(kind, apiVersion, name, object);
        expect(after?.metadata.uid).toEqual(expect.any(String));
        expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
      }, LONG);
    }
    await until(network, { phase: "ready" });
    await remove(network);
  });

  it.concurrent("degrades while the orchestrator is not ready, counts its nodes, and heals", async () => {
    const { network, name } = await aReadyNetwork();
    await ask(network, "/nodes?online=2&total=3");
    await until(network, { phase: "ready", nodes: { online: 2, total: 3 } });
    await ask(network, "/unready");
    const ill = await until(network, { phase: "degraded" });
    expect(ill.conditions.find(({ type }) => type === "OrchestratorReady")?.status).toBe("False");
    for (const pod of await podsOf(name, "orchestrator"))
      await served.cell.cluster.remove({ apiVersion: "v1", kind: "Pod", namespace: name, name: pod.metadata.name });
    await until(network, { phase: "ready" });
    await remove(network);
  });

  it.concurrent("names what blocks a deletion, and ends it when that is released", async () => {
    const { network, name } = await aReadyNetwork();
    const stranger = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "held", namespace: name } };
    await served.cell.cluster.apply({
      ...stranger,
      metadata: { ...stranger.metadata, finalizers: ["example.com/hold"] },
    });
    await served.cells.remove(served.address(), network, { epoch: 1, generation: 2 });
    const held = await until(network, { phase: "deleting", endpoints: null });
    await vi.waitFor(async () => expect((await observe(network))?.blockers.join()).toContain("example.com/hold"), LONG);
    expect(held.reachable).toMatchObject({ api: false, nats: false });
    await expect(served.cells.apply(served.address(), network, anOrder({ generation: 3 }))).rejects.toMatchObject({
      kind: "cell-unreachable",
    });
    await served.cell.cluster.removeFinalizer({ ...stranger, name: "held", namespace: name }, "example.com/hold");
    await vi.waitFor(async () => expect(await observe(network)).toBeUndefined(), LONG);
  });

  it.concurrent("leaves nothing of a deleted network but its tombstone, and takes a newer order for it", async () => {
    const { network, name } = await aReadyNetwork();
    await remove(network, 2);
    const kept = await served.cell.cluster.list({ apiVersion: "v1", kind: "Secret", namespace: "cellplane-system" });
    expect(kept.map(({ metadata }) => metadata.name).filter((one) => one.includes(name))).toEqual([]);
    expect(await objectOf("ConfigMap", "v1", "cellplane-system", `tombstone-${name}`)).toBeDefined();
    expect(await served.cell.cluster.get({ apiVersion: "v1", kind: "Namespace", name })).toBeUndefined();
    await served.cells.apply(served.address(), network, anOrder({ generation: 3 }));
    await until(network, { phase: "ready", observedGeneration: 3 });
    await remove(network);
  });

  it("finds everything as it was after a restart, joins again without a token, and reports no change for the worse", async () => {
    const { network, name } = await aReadyNetwork();
    const pods = await podsOf(name, "orchestrator");
    const secret = await objectOf("Secret", "v1", name, "orchestrator");
    await served.stopAgent();
    served.controlPlane.setUp(false);
    const restarted = Date.now();
    await served.startAgent();
    const phases = new Set<string | undefined>();
    await vi.waitFor(async () => {
      const observed = await observe(network);
      phases.add(observed?.phase);
      expect(observed?.reachable.checkedAt).not.toBeNull();
      expect(Date.parse(observed?.reachable.checkedAt ?? "")).toBeGreaterThan(restarted);
    }, LONG);
    expect([...phases]).toEqual(["ready"]);
    expect((await objectOf("Secret", "v1", name, "orchestrator"))?.metadata.resourceVersion).toBe(
      secret?.metadata.resourceVersion,
    );
    expect((await podsOf(name, "orchestrator")).map(({ metadata }) => metadata.uid)).toEqual(
      pods.map(({ metadata }) => metadata.uid),
    );
    const joins = served.controlPlane.joins.length;
    served.controlPlane.setUp(true);
    await vi.waitFor(() => expect(served.controlPlane.joins.length).toBe(joins + 1), LONG);
    expect(served.controlPlane.joins.at(-1)).toMatchObject({ existing: [{ id: network, epoch: 1, generation: 1 }] });
    expect(served.controlPlane.joins.at(-1)?.token).toBeUndefined();
    await remove(network);
  });
  it("writes no secret to its log", async () => {
    const kept = await served.cell.cluster.list({ apiVersion: "v1", kind: "Secret", namespace: "cellplane-system" });
    const text = served.logged.join("\n") + served.cell.log();
    expect(text).not.toMatch(/PRIVATE KEY|eyJ[A-Za-z0-9_-]{20}|\bS[OAU][A-Z2-7]{56}\b/);
    expect(kept.length).toBeGreaterThan(0);
    expect(
      readFileSync(`${served.cell.folder}/token`, "utf8")
        .split("\n")
        .some((token) => text.includes(token)),
    ).toBe(false);
  });
});
