import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { KubeObject, ObjectRef } from "#core/model/kube-object.ts";
import type { Cluster, ObjectEvent, ObjectQuery } from "#core/ports.ts";

export interface ClusterUnderTest {
  readonly cluster: Cluster;
  /** Breaks every connection to it once, as a restart of the API server does; it answers again soon. */
  interrupt(): Promise<void>;
  close(): Promise<void>;
}

const within = { timeout: 20_000, interval: 25 };

/** What a cluster must do for the agent, be it embedded or a real API server (where the `NetworkInstance` CRD is installed). */
export function clusterContract(name: string, open: () => Promise<ClusterUnderTest>): void {
  describe(`${name} as a cluster`, () => {
    let tested: ClusterUnderTest;
    let cluster: Cluster;
    let namespace: string;
    const watches: AbortController[] = [];

    beforeAll(async () => {
      tested = await open();
      cluster = tested.cluster;
    });
    afterAll(() => tested.close());
    beforeEach(async () => {
      namespace = `contract-${randomBytes(5).toString("hex")}`;
      await cluster.apply(aNamespace());
    });
    afterEach(async () => {
      for (const watch of watches.splice(0)) watch.abort();
      await cluster.remove(namespaceRef());
    });

    const namespaceRef = (): ObjectRef => ({ apiVersion: "v1", kind: "Namespace", name: namespace });
    const aNamespace = (): KubeObject => ({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const aConfigMap = (data: Record<string, string>, metadata: object = {}): KubeObject => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace, ...metadata },
      data,
    });
    const configMapRef = (): ObjectRef => ({ apiVersion: "v1", kind: "ConfigMap", name: "settings", namespace });
    const aPolicy = (ingress: boolean, metadata: object = {}): KubeObject => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "deny", namespace, ...metadata },
      spec: { podSelector: {}, policyTypes: ingress ? ["Ingress"] : ["Ingress", "Egress"] },
    });
    const aDeployment = (replicas: number): KubeObject => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "web", image: "example/none:1", imagePullPolicy: "Never" }] },
        },
      },
    });
    const deploymentRef = (): ObjectRef => ({ apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace });
    const metadataOf = async (ref: ObjectRef) => (await cluster.get(ref))?.metadata;

    /** What a listener that follows the rules of `watch` holds: data by name, replaced whole at the `synced` after each `begins`. */
    function follow(query: ObjectQuery) {
      const events: ObjectEvent[] = [];
      const held = new Map<string, KubeObject>();
      let fresh: Map<string, KubeObject> | undefined;
      let rounds = 0;
      const stop = new AbortController();
      watches.push(stop);
      cluster.watch(
        query,
        (event) => {
          events.push(event);
          if (event.type === "begins") {
            fresh = new Map();
            return;
          }
          if (event.type === "synced") {
            rounds += 1;
            if (fresh) {
              held.clear();
              for (const [key, object] of fresh) held.set(key, object);
            }
            fresh = undefined;
            return;
          }
          const { object } = event;
          const known = fresh ?? held;
          if (event.type === "present") known.set(object.metadata.name, object);
          else known.delete(object.metadata.name);
        },
        stop.signal,
      );
      return { events, held, stop, rounds: () => rounds };
    }

    describe("apply", () => {
      it("creates what is not there, and gives it an identity", async () => {
        const made = await cluster.apply(aConfigMap({ a: "1" }));
        expect(made.metadata).toMatchObject({ name: "settings", namespace, uid: expect.stringMatching(/./) });
        expect(Date.parse(made.metadata.creationTimestamp ?? "")).toBeGreaterThan(0);
        expect(await cluster.get(configMapRef())).toMatchObject({
          data: { a: "1" },
          metadata: { uid: made.metadata.uid },
        });
      });

      it("changes nothing, not even the version, when nothing differs", async () => {
        const first = await cluster.apply(aPolicy(true));
        const second = await cluster.apply(aPolicy(true));
        expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
        expect(second.metadata.generation).toBe(1);
      });

      it("drops the fields that it named before and no longer does", async () => {
        await cluster.apply(aConfigMap({ a: "1", b: "2" }, { labels: { x: "1", y: "2" } }));
        await cluster.apply(aConfigMap({ b: "3" }, { labels: { y: "2" } }));
        const found = await cluster.get(configMapRef());
        expect(found?.data).toEqual({ b: "3" });
        expect(found?.metadata.labels).toEqual({ y: "2" });
      });

      it("keeps the uid and raises the version with each change", async () => {
        const first = await cluster.apply(aConfigMap({ a: "1" }));
        const second = await cluster.apply(aConfigMap({ a: "2" }));
        expect(second.metadata.uid).toBe(first.metadata.uid);
        expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
      });

      it("raises the generation with the spec, not with labels", async () => {
        await cluster.apply(aPolicy(true));
        expect((await cluster.apply(aPolicy(true, { labels: { a: "b" } }))).metadata.generation).toBe(1);
        expect((await cluster.apply(aPolicy(false, { labels: { a: "b" } }))).metadata.generation).toBe(2);
      });

      it("is refused with conflict at an old version, and with '' when it exists", async () => {
        const first = await cluster.apply(aConfigMap({ a: "1" }, { resourceVersion: "" }));
        const { resourceVersion } = first.metadata;
        await cluster.apply(aConfigMap({ a: "2" }, { resourceVersion }));
        await expect(cluster.apply(aConfigMap({ a: "3" }, { resourceVersion }))).rejects.toMatchObject({
          kind: "conflict",
        });
        await expect(cluster.apply(aConfigMap({ a: "3" }, { resourceVersion: "" }))).rejects.toMatchObject({
          kind: "conflict",
        });
        expect((await cluster.get(configMapRef()))?.data).toEqual({ a: "2" });
      });

      it("lets one of many writers with the same version win", async () => {
        const { resourceVersion } = (await cluster.apply(aConfigMap({ a: "0" }))).metadata;
        const tries = Array.from({ length: 8 }, (_, n) =>
          cluster.apply(aConfigMap({ a: `${n + 1}` }, { resourceVersion })),
        );
        const results = await Promise.allSettled(tries);
        expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      });

      it("is refused where there is no such namespace", async () => {
        const lost = aConfigMap({}, { namespace: `${namespace}-none` });
        await expect(cluster.apply(lost)).rejects.toMatchObject({ kind: "not-found" });
      });

      it("is refused with every fault when the object is not valid", async () => {
        const odd = aConfigMap({}, { name: "Not_A_Name" });
        await expect(cluster.apply(odd)).rejects.toMatchObject({ kind: "invalid-input" });
      });

      it("is refused when it would change what never changes", async () => {
        await cluster.apply(aDeployment(0));
        const spec = aDeployment(0).spec as { template: object };
        const other = {
          ...aDeployment(0),
          spec: {
            ...spec,
            selector: { matchLabels: { app: "other" } },
            template: { ...spec.template, metadata: { labels: { app: "other" } } },
          },
        };
        await expect(cluster.apply(other)).rejects.toMatchObject({ kind: "invalid-input" });
      });

      it("takes a Secret's text and shows it as base64", async () => {
        const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace }, stringData: { k: "v" } };
        await cluster.apply(secret);
        const found = await cluster.get({ apiVersion: "v1", kind: "Secret", name: "s", namespace });
        expect(found?.data).toEqual({ k: "dg==" });
        expect(found).not.toHaveProperty("stringData");
      });
    });

    describe("reads", () => {
      it("finds nothing where nothing is", async () => {
        expect(await cluster.get(configMapRef())).toBeUndefined();
        expect(await cluster.list({ apiVersion: "v1", kind: "Service", namespace })).toEqual([]);
      });

      it("lists by namespace and by all of the labels", async () => {
        await cluster.apply(aConfigMap({}, { name: "a", labels: { app: "x", tier: "1" } }));
        await cluster.apply(aConfigMap({}, { name: "b", labels: { app: "x", tier: "2" } }));
        const query = { apiVersion: "v1", kind: "ConfigMap", namespace, labels: { app: "x" } };
        const names = async (one: ObjectQuery) => (await cluster.list(one)).map(({ metadata }) => metadata.name).sort();
        expect(await names(query)).toEqual(["a", "b"]);
        expect(await names({ ...query, labels: { app: "x", tier: "2" } })).toEqual(["b"]);
        const [first] = await cluster.list(query);
        expect(first).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
      });
    });

    describe("status", () => {
      let name: string;
      beforeEach(() => {
        name = `net-${randomBytes(13).toString("hex")}`;
      });
      const anInstance = (order: { generation: number }): KubeObject => ({
        apiVersion: "cellplane.dev/v1",
        kind: "NetworkInstance",
        // Whatever operates the cluster leaves it alone.
        metadata: { name, annotations: { "cellplane.dev/paused": "true" } },
        spec: { network: name.replace("-", "_"), epoch: 1, ...order, spec: { name: "factory", release: "1.0.0" } },
      });
      const instanceRef = (): ObjectRef => ({ apiVersion: "cellplane.dev/v1", kind: "NetworkInstance", name });
      const aStatus = (more: object) => ({
        ...{ observedGeneration: 1, managedBy: "kubectl", order: { epoch: 1, generation: 1 }, message: "" },
        ...{ nodes: { online: 0, total: 0 }, reachable: { api: false, nats: false }, conditions: [], blockers: [] },
        ...{ reportedAt: "2026-01-01T00:00:00Z", phase: "ready" },
        ...more,
      });
      afterEach(() => cluster.remove(instanceRef()));

      it("is replaced by updateStatus alone, and apply leaves it", async () => {
        await cluster.apply(anInstance({ generation: 1 }));
        await cluster.updateStatus(instanceRef(), aStatus({ release: "1.0.0" }));
        await cluster.updateStatus(instanceRef(), aStatus({ phase: "updating" }));
        await cluster.apply({ ...anInstance({ generation: 2 }), status: { phase: "nonsense" } });
        expect(await cluster.get(instanceRef())).toMatchObject({
          spec: { generation: 2 },
          status: { phase: "updating" },
          metadata: { generation: 2 },
        });
        expect((await cluster.get(instanceRef()))?.status).toEqual(aStatus({ phase: "updating" }));
      });

      it("does not raise the generation, and is no write when nothing differs", async () => {
        await cluster.apply(anInstance({ generation: 1 }));
        const first = await cluster.updateStatus(instanceRef(), aStatus({}));
        const second = await cluster.updateStatus(instanceRef(), aStatus({}));
        expect(first.metadata.generation).toBe(1);
        expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      });

      it("is refused at an old version, and for what is not there", async () => {
        const { resourceVersion } = (await cluster.apply(anInstance({ generation: 1 }))).metadata;
        await cluster.updateStatus(instanceRef(), aStatus({}), resourceVersion);
        await expect(
          cluster.updateStatus(instanceRef(), aStatus({ phase: "failed" }), resourceVersion),
        ).rejects.toMatchObject({
          kind: "conflict",
        });
        const nobody = { ...instanceRef(), name: `${name.slice(0, -1)}z` };
        await expect(cluster.updateStatus(nobody, aStatus({}))).rejects.toMatchObject({ kind: "not-found" });
      });

      it("takes what the instance owns along, across the scopes", async () => {
        const owner = await cluster.apply(anInstance({ generation: 1 }));
        const { apiVersion, kind } = owner;
        const reference = { apiVersion, kind, name: owner.metadata.name, uid: owner.metadata.uid };
        await cluster.apply(aConfigMap({}, { ownerReferences: [reference] }));
        await cluster.remove(instanceRef());
        await vi.waitFor(async () => expect(await cluster.get(configMapRef())).toBeUndefined(), within);
      });
    });

    describe("deletion", () => {
      it("of what is absent is success", async () => {
        await cluster.remove(configMapRef());
        await cluster.removeFinalizer(configMapRef(), "cellplane.dev/test");
      });

      it("gives the next object of that name another uid", async () => {
        const first = await cluster.apply(aConfigMap({}));
        await cluster.remove(configMapRef());
        const second = await cluster.apply(aConfigMap({}));
        expect(second.metadata.uid).not.toBe(first.metadata.uid);
      });

      it("waits for every finalizer, and takes no new one", async () => {
        const finalizers = ["cellplane.dev/one", "cellplane.dev/two"];
        await cluster.apply(aConfigMap({}, { finalizers }));
        await cluster.remove(configMapRef());
        expect((await metadataOf(configMapRef()))?.deletionTimestamp).toMatch(/^\d{4}-/);
        const more = { finalizers: [...finalizers, "cellplane.dev/three"] };
        await expect(cluster.apply(aConfigMap({}, more))).rejects.toMatchObject({ kind: "invalid-input" });
        await cluster.removeFinalizer(configMapRef(), "cellplane.dev/one");
        expect((await metadataOf(configMapRef()))?.finalizers).toEqual(["cellplane.dev/two"]);
        await cluster.removeFinalizer(configMapRef(), "cellplane.dev/two");
        expect(await cluster.get(configMapRef())).toBeUndefined();
      });

      it("ends when an apply drops the last finalizer", async () => {
        await cluster.apply(aConfigMap({}, { finalizers: ["cellplane.dev/one"] }));
        await cluster.remove(configMapRef());
        await cluster.apply(aConfigMap({}));
        expect(await cluster.get(configMapRef())).toBeUndefined();
      });

      it("reaches what is owned, and leaves what has another owner", async () => {
        const owner = async (named: string) => {
          const { apiVersion, kind, metadata } = await cluster.apply(aConfigMap({}, { name: named }));
          return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
        };
        const [first, second] = [await owner("first"), await owner("second")];
        await cluster.apply(aConfigMap({}, { name: "of-first", ownerReferences: [first] }));
        await cluster.apply(aConfigMap({}, { name: "of-both", ownerReferences: [first, second] }));
        await cluster.remove({ ...configMapRef(), name: "first" });
        await vi.waitFor(
          async () => expect(await cluster.get({ ...configMapRef(), name: "of-first" })).toBeUndefined(),
          within,
        );
        expect(await cluster.get({ ...configMapRef(), name: "of-both" })).toBeDefined();
      });

      it("of a namespace takes all that is in it, is seen while it lasts, and lets nothing new in", async () => {
        await cluster.apply(aConfigMap({}, { finalizers: ["cellplane.dev/hold"] }));
        await cluster.apply(aDeployment(1));
        await cluster.remove(namespaceRef());
        const found = await cluster.get(namespaceRef());
        expect(found).toMatchObject({ status: { phase: "Terminating" } });
        await expect(cluster.apply(aConfigMap({}, { name: "late" }))).rejects.toMatchObject({
          kind: "not-possible-now",
        });
        await vi.waitFor(async () => expect(await cluster.get(deploymentRef())).toBeUndefined(), within);
        expect(await cluster.get(namespaceRef())).toBeDefined();
        await vi.waitFor(
          async () => expect((await metadataOf(configMapRef()))?.deletionTimestamp).toBeDefined(),
          within,
        );
        await cluster.removeFinalizer(configMapRef(), "cellplane.dev/hold");
        await vi.waitFor(async () => expect(await cluster.get(namespaceRef())).toBeUndefined(), within);
      });

      it("of a namespace that nobody uses ends", async () => {
        await cluster.remove(namespaceRef());
        await vi.waitFor(async () => expect(await cluster.get(namespaceRef())).toBeUndefined(), within);
      });
    });

    describe("watch", () => {
      const query = (): ObjectQuery => ({ apiVersion: "v1", kind: "ConfigMap", namespace, labels: { app: "x" } });
      const x = { app: "x" };

      it("tells what is there, that this was all, and then each change", async () => {
        await cluster.apply(aConfigMap({ n: "1" }, { labels: x }));
        const seen = follow(query());
        await vi.waitFor(() => expect(seen.rounds()).toBe(1), within);
        expect(seen.events.map(({ type }) => type)).toEqual(["begins", "present", "synced"]);

        await cluster.apply(aConfigMap({ n: "2" }, { labels: x }));
        await vi.waitFor(() => expect(seen.held.get("settings")?.data).toEqual({ n: "2" }), within);
        await cluster.remove(configMapRef());
        await vi.waitFor(() => expect(seen.held.size).toBe(0), within);
      });

      it("takes an object that loses the label for gone", async () => {
        await cluster.apply(aConfigMap({}, { labels: x }));
        const seen = follow(query());
        await vi.waitFor(() => expect(seen.held.size).toBe(1), within);
        await cluster.apply(aConfigMap({}, { labels: { app: "y" } }));
        await vi.waitFor(() => expect(seen.held.size).toBe(0), within);
      });

      it("says nothing after its signal", async () => {
        const seen = follow(query());
        await vi.waitFor(() => expect(seen.rounds()).toBe(1), within);
        seen.stop.abort();
        const other = follow(query());
        await cluster.apply(aConfigMap({}, { labels: x }));
        await vi.waitFor(() => expect(other.held.size).toBe(1), within);
        expect(seen.held.size).toBe(0);
      });

      it("misses nothing over a disconnect", async () => {
        await cluster.apply(aConfigMap({}, { name: "stays", labels: x }));
        await cluster.apply(aConfigMap({}, { name: "goes", labels: x }));
        const seen = follow(query());
        await vi.waitFor(() => expect(seen.held.size).toBe(2), within);

        await tested.interrupt();
        await vi.waitFor(() => cluster.remove({ ...configMapRef(), name: "goes" }), within);
        await cluster.apply(aConfigMap({}, { name: "comes", labels: x }));
        await vi.waitFor(() => expect([...seen.held.keys()].sort()).toEqual(["comes", "stays"]), within);
      });
    });
  });
}
