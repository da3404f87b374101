import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFolder, aloneCell, clear } from "./a-cell.ts";
import { type Json, theCluster } from "./the-cluster.ts";

const SLOW = 300_000;
const SOON = { timeout: 90_000, interval: 200 };
/** With this label a namespace is handed over to the agent. */
const TENANT = { "cellplane.dev/tenant": "true" };
const READY = { timeout: 90_000, interval: 300 };

/** The operator of a cell that belongs to no control plane, worked by kubectl alone. */
describe("the life of a network under kubectl", () => {
  const folder = aFolder();
  const cluster = theCluster();

  beforeAll(async () => {
    await clear(cluster);
    await aloneCell(cluster, folder);
  }, SLOW);
  afterAll(async () => {
    await clear(cluster);
    rmSync(folder, { recursive: true, force: true });
  }, SLOW);

  const written = (annotations: Record<string, string> = {}) => {
    const id = randomBytes(13).toString("hex");
    return {
      ...{ apiVersion: "cellplane.dev/v1", kind: "NetworkInstance" },
      metadata: { name: `net-${id}`, annotations },
      spec: { network: `net_${id}`, spec: { name: "factory-7", release: "0.1.0" } },
    };
  };
  const instance = (name: string) => cluster.get("netinst", name);
  const condition = (name: string, type: string): Json =>
    instance(name)?.status?.conditions?.find((one: Json) => one.type === type);
  const phase = (name: string) => instance(name)?.status?.phase;
  const patch = (name: string, spec: object) =>
    cluster.kubectl("patch", "netinst", name, "--type=merge", "-p", JSON.stringify({ spec }));
  const newsOf = (name: string): string[] =>
    cluster
      .list("events", "-n", "cellplane-system")
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason }) => reason);
  async function aReadyNetwork(): Promise<string> {
    const one = written();
    cluster.apply(one);
    await expect.poll(() => phase(one.metadata.name), READY).toBe("ready");
    return one.metadata.name;
  }
  const remove = (name: string) => cluster.kubectl("delete", "netinst", name, "--wait=false");
  const podsOf = (name: string): string[] =>
    cluster
      .list("pods", "-n", name)
      .map(({ metadata }) => metadata.uid)
      .sort();

  it(
    "says who owns what: the spec is kubectl's, finalizer and status are the operator's",
    async () => {
      const name = await aReadyNetwork();
      cluster.kubectl("wait", "--for=condition=Ready", `netinst/${name}`, "--timeout=10s");
      const { metadata, status } = JSON.parse(
        cluster.kubectl("get", "netinst", name, "-o", "json", "--show-managed-fields"),
      );
      expect(status).toMatchObject({ managedBy: "kubectl", observedGeneration: 1, order: { epoch: 0, generation: 1 } });
      const owners = metadata.managedFields.map(({ manager, subresource, fieldsV1 }: Json) => ({
        manager: manager.startsWith("kubectl") ? "kubectl" : manager,
        owns: subresource ?? Object.keys(fieldsV1).filter((field) => field !== "f:metadata"),
      }));
      expect(owners).toEqual(
        expect.arrayContaining([
          { manager: "kubectl", owns: ["f:spec"] },
          { manager: "cellplane", owns: [] },
        ]),
      );
      expect(newsOf(name)).toContain("Ready");

      // Whoever applies the same file again changes nothing, and a change is a new generation.
      patch(name, { spec: { settings: { log: "debug" } } });
      await expect.poll(() => instance(name).status.observedGeneration, READY).toBe(2);
      await expect.poll(() => phase(name), READY).toBe("ready");
      remove(name);
    },
    SLOW,
  );

  it(
    "brings a larger plan into force, keeps the volume where its class does not grow, and breaks nothing",
    async () => {
      const name = await aReadyNetwork();
      patch(name, { spec: { plan: "standard" } });
      await expect
        .poll(() => condition(name, "VolumeSized"), READY)
        .toMatchObject({
          ...{ status: "False", reason: "NotExpandable" },
          message: expect.stringMatching(/4 GiB.*10/),
        });
      await expect.poll(() => [phase(name), instance(name).status.observedGeneration], READY).toEqual(["ready", 2]);
      const memory = cluster.get("deployment", "orchestrator", name)?.spec.template.spec.containers[0].resources.limits;
      expect(memory).toEqual({ memory: "256Mi" });
      expect(cluster.get("pvc", "data-nats-0", name)?.spec.resources.requests).toEqual({ storage: "4Gi" });
      remove(name);
    },
    SLOW,
  );

  it(
    "leaves a paused network alone, its deletion included, and says so",
    async () => {
      const name = await aReadyNetwork();
      cluster.kubectl("annotate", "netinst", name, "cellplane.dev/paused=true");
      await expect.poll(() => condition(name, "Paused")?.status, SOON).toBe("True");
      cluster.kubectl("-n", name, "delete", "networkpolicy", "orchestrator");
      patch(name, { spec: { release: "9.9.9" } });
      await expect.poll(() => instance(name).status.observedGeneration, SOON).toBe(2);
      cluster.kubectl("delete", "netinst", name, "--wait=false");
      await expect.poll(() => instance(name).status.blockers.join(), SOON).toContain("cellplane.dev/paused");
      expect(cluster.get("networkpolicy", "orchestrator", name)).toBeUndefined();
      expect(cluster.get("deployment", "orchestrator", name)?.spec.template.spec.containers[0].image).toContain(
        "0.1.0",
      );

      cluster.kubectl("annotate", "netinst", name, "cellplane.dev/paused-");
      await expect.poll(() => instance(name), READY).toBeUndefined();
      expect(cluster.get("namespace", name)).toBeUndefined();
    },
    SLOW,
  );

  it(
    "names the object, the finalizer and who set it, where a stranger holds a deletion",
    async () => {
      const name = await aReadyNetwork();
      const hold = (value: string[] | null) => JSON.stringify({ metadata: { finalizers: value } });
      cluster.kubectl("-n", name, "patch", "service", "nats", "--type=merge", "-p", hold(["stranger.example/hold"]));
      cluster.kubectl("delete", "netinst", name, "--wait=false");
      await expect
        .poll(() => instance(name).status.blockers.join(), READY)
        .toContain(`Service ${name}/nats is held by stranger.example/hold (set by kubectl-patch)`);
      await expect.poll(() => newsOf(name), SOON).toContain("DeletionBlocked");
      cluster.kubectl("-n", name, "patch", "service", "nats", "--type=merge", "-p", hold(null));
      await expect.poll(() => instance(name), READY).toBeUndefined();
    },
    SLOW,
  );

  it(
    "goes also when somebody took the operator's finalizer away, and comes back under the same name",
    async () => {
      const one = written();
      const { name } = one.metadata;
      cluster.apply(one);
      await expect.poll(() => phase(name), READY).toBe("ready");
      const uid = instance(name).metadata.uid;
      cluster.kubectl("scale", "-n", "cellplane-system", "deployment/cell-agent", "--replicas=0");
      await expect.poll(() => cluster.list("pods", "-n", "cellplane-system"), SOON).toEqual([]);
      cluster.kubectl("patch", "netinst", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}');
      cluster.kubectl("delete", "netinst", name);
      await expect.poll(() => cluster.get("namespace", name), READY).toBeUndefined();

      cluster.kubectl("scale", "-n", "cellplane-system", "deployment/cell-agent", "--replicas=1");
      cluster.apply(one);
      await expect.poll(() => phase(name), READY).toBe("ready");
      expect(instance(name).metadata.uid).not.toBe(uid);
      cluster.kubectl("delete", "netinst", name, "--timeout=120s");
      cluster.apply(one);
      await expect.poll(() => phase(name), READY).toBe("ready");
      remove(name);
    },
    SLOW,
  );

  it(
    "adopts what is there already, and takes away what it once applied and no network is made of",
    async () => {
      const one = written();
      const { name } = one.metadata;
      const ours = { "app.kubernetes.io/managed-by": "cellplane-cell-agent", "cellplane.dev/network": name };
      cluster.apply(
        { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { team: "x", ...TENANT } } },
        {
          ...{ apiVersion: "v1", kind: "Service", metadata: { name: "nats", namespace: name } },
          spec: { clusterIP: "None", selector: { app: "mine" }, ports: [{ name: "client", port: 4222 }] },
        },
        {
          ...{ apiVersion: "v1", kind: "Service", metadata: { name: "orchestrator", namespace: name } },
          spec: { selector: { app: "mine" }, ports: [{ name: "http", port: 8080 }] },
        },
        {
          ...{ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
          metadata: {
            ...{ name: "of-before", namespace: name, labels: ours },
            annotations: { "cellplane.dev/applied-hash": "of-another-release" },
          },
          spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{}] },
        },
      );
      const before = cluster.get("service", "nats", name)?.metadata.uid;
      cluster.apply(one);
      await expect.poll(() => phase(name), READY).toBe("ready");
      const service = cluster.get("service", "nats", name);
      expect(service?.metadata.uid).toBe(before);
      expect(service?.metadata.labels).toMatchObject(ours);
      // An address is for life: this one could only be made anew.
      expect(cluster.get("service", "orchestrator", name)?.spec.clusterIP).toBe("None");
      expect(cluster.get("namespace", name)?.metadata.labels).toMatchObject({ team: "x", ...ours });
      expect(cluster.get("networkpolicy", "of-before", name)).toBeUndefined();
      remove(name);
    },
    SLOW,
  );

  it(
    "leaves a namespace alone that nobody handed over, and says how that is done",
    async () => {
      const one = written();
      const { name } = one.metadata;
      cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { team: "x" } } });
      cluster.apply(one);
      await expect.poll(() => condition(name, "Applied")?.message, READY).toContain("cellplane.dev/tenant=true");
      remove(name);
      await expect.poll(() => instance(name), READY).toBeUndefined();
      expect(cluster.get("namespace", name)?.metadata).toMatchObject({ labels: { team: "x" } });
      expect(cluster.get("namespace", name)?.metadata.deletionTimestamp).toBeUndefined();
      cluster.kubectl("delete", "namespace", name, "--wait=false");

      const other = await aReadyNetwork();
      cluster.kubectl("label", "namespace", other, "cellplane.dev/tenant-");
      remove(other);
      await expect.poll(() => instance(other)?.status.blockers.join(), READY).toContain("cellplane.dev/tenant=true");
      cluster.kubectl("label", "namespace", other, "cellplane.dev/tenant=true");
      await expect.poll(() => instance(other), READY).toBeUndefined();
      expect(cluster.get("namespace", other)).toBeUndefined();
    },
    SLOW,
  );

  it(
    "repairs what a stranger edits at once, and does not fight for ever with one who insists",
    async () => {
      const name = await aReadyNetwork();
      const pods = podsOf(name);
      const port = () =>
        cluster.get("networkpolicy", "orchestrator", name)?.spec.ingress?.[0]?.ports?.[0]?.port as number | undefined;
      const edit = () =>
        cluster.kubectl(
          ...["-n", name, "patch", "networkpolicy", "orchestrator", "--type=json"],
          ...["-p", '[{"op":"replace","path":"/spec/ingress/0/ports/0/port","value":1}]'],
        );
      for (let round = 0; round < 3; round++) {
        edit();
        await expect.poll(port, SOON).toBe(8080);
      }
      edit();
      await expect.poll(() => condition(name, "Contested")?.message, SOON).toContain("kubectl-patch");
      await expect.poll(port, SOON).toBe(8080);
      await expect.poll(() => condition(name, "Contested"), SOON).toBeUndefined();
      // What nobody of us names is theirs to write.
      cluster.kubectl("-n", name, "annotate", "networkpolicy", "orchestrator", "stranger.example/note=kept");
      cluster.kubectl("-n", name, "label", "deployment", "orchestrator", "team=x");
      patch(name, { spec: { settings: { a: 1 } } });
      await expect.poll(() => [phase(name), instance(name).status.observedGeneration], READY).toEqual(["ready", 2]);
      expect(cluster.get("networkpolicy", "orchestrator", name)?.metadata.annotations).toMatchObject({
        "stranger.example/note": "kept",
      });
      expect(cluster.get("deployment", "orchestrator", name)?.metadata.labels).toMatchObject({ team: "x" });
      expect(pods).toHaveLength(2);
      remove(name);
    },
    SLOW,
  );

  it(
    "writes nothing when the agent starts anew and nothing has changed",
    async () => {
      const name = await aReadyNetwork();
      const versions = () =>
        [
          instance(name),
          cluster.get("namespace", name),
          ...cluster.list("sts,deploy,svc,netpol,quota,limits,sa,rolebinding,pdb,secret,ingressroute", "-n", name),
        ].map(({ kind, metadata }) => `${kind}/${metadata.name}@${metadata.resourceVersion}`);
      // What Kubernetes itself counts follows a little later.
      let before: string[] = [];
      await expect
        .poll(
          () => {
            const last = before;
            before = versions();
            return before.join() === last.join();
          },
          { ...SOON, interval: 2_000 },
        )
        .toBe(true);
      cluster.kubectl("-n", "cellplane-system", "rollout", "restart", "deployment/cell-agent");
      cluster.kubectl("-n", "cellplane-system", "rollout", "status", "deployment/cell-agent", "--timeout=60s");
      // The new agent has been here once it has done something that was asked of it after its start.
      const other = await aReadyNetwork();
      remove(other);
      expect(versions()).toEqual(before);
      remove(name);
    },
    SLOW,
  );
});
