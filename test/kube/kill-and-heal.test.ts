import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AGENT, agentPods, aNetwork, aStage, leaderPod, ownNetwork, type Stage, settled } from "./a-cell.ts";
import { hearDisconnects } from "./disconnects.ts";
import { anEdge, deployCopy, type Edge, type OwnNetwork } from "./edge.ts";
import { runHook } from "./the-cluster.ts";
import { until } from "./until.ts";

const SLOW = 300_000;
const DOWN_MS = 60_000;

/** Everything that may die, dies, while a node outside works. */
describe("a cell keeps working", () => {
  let stage: Stage;
  let network: OwnNetwork;
  let edge: Edge;
  const kube = () => stage.cell.cluster;
  const nodeState = async () => (await network.call("GET", "/v1/workspaces/default/nodes")).json?.items?.[0]?.state;
  const expectFlow = async () => {
    const written = edge.write(10);
    await until("all lines have arrived", () => edge.arrived().length === written, { timeoutMs: 30_000 });
    expect(edge.arrived()).toEqual(Array.from({ length: written }, (_, n) => n));
  };
  const expectWhole = async () => {
    await expect
      .poll(async () => (await stage.plane.call("GET", `/v1/networks/${network.id}`)).json.status?.phase, {
        timeout: 90_000,
      })
      .toBe("ready");
    await expect.poll(() => nodeState().catch(() => undefined), { timeout: 60_000 }).toBe("online");
    await expectFlow();
  };
  const podOf = (component: string): string | undefined =>
    kube()
      .list("pods", "-n", network.name, "-l", `app.kubernetes.io/name=${component}`)
      .find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.uid;
  const podReady = (component: string, other: string | undefined) =>
    vi.waitFor(
      () => {
        const pods = kube().list("pods", "-n", network.name, "-l", `app.kubernetes.io/name=${component}`);
        const ready = pods.filter(({ status }) =>
          status.conditions?.some(
            (one: { type: string; status: string }) => one.type === "Ready" && one.status === "True",
          ),
        );
        expect(ready.map(({ metadata }) => metadata.uid)).not.toContain(other);
        expect(ready).toHaveLength(1);
      },
      { timeout: 90_000, interval: 250 },
    );

  beforeAll(async () => {
    stage = await aStage();
    network = await aNetwork(stage, "factory-7");
    edge = await anEdge(network, stage.cell.entrance, stage.folder);
    await deployCopy(network, stage.folder);
    await vi.waitUntil(async () => (await nodeState()) === "online", { timeout: 60_000, interval: 200 });
    await expectFlow();
  }, SLOW);
  afterAll(async () => {
    edge?.kill("SIGKILL");
    await stage?.close();
  }, 120_000);

  it(
    "with a new orchestrator: not one connection of a node is dropped",
    async () => {
      const before = podOf("orchestrator");
      const heard = await hearDisconnects(stage.cell, network);
      try {
        const { json } = await stage.plane.call(
          ...(["PATCH", `/v1/networks/${network.id}?wait=20`] as const),
          { settings: { heartbeat: "5s" } },
          { "if-match": "*" },
        );
        await settled(stage.plane, json.operation.id);
        expect(podOf("orchestrator")).not.toBe(before);
        await expectWhole();
        expect(heard.seen.filter((name) => name.startsWith("nod_"))).toEqual([]);
      } finally {
        await heard.close();
      }
    },
    SLOW,
  );

  it.each(["orchestrator", "nats"])(
    "with the pod of %s gone: it comes back, and the node with it",
    async (component) => {
      const before = podOf(component);
      kube().kubectl(
        ...[
          "-n",
          network.name,
          "delete",
          "pods",
          "-l",
          `app.kubernetes.io/name=${component}`,
          "--force",
          "--grace-period=0",
        ],
      );
      await expectFlow();
      await podReady(component, before);
      await expectWhole();
    },
    SLOW,
  );

  it(
    "with the agent killed at every step of a create: each create ends well",
    async () => {
      const steps = ["networkpolicy/default-deny", "secret/orchestrator", "statefulset/nats", "ingressroute/api"];
      for (const [round, step] of steps.entries()) {
        const { json } = await stage.plane.call("POST", "/v1/orgs/default/networks", { name: `killed-${round}` });
        const namespace = json.network.id.replace("_", "-");
        const [kind = "", name = ""] = step.split("/");
        const leader = leaderPod(kube());
        await vi.waitUntil(() => kube().get(kind, name, namespace), { timeout: 90_000, interval: 20 });
        kube().kubectl("-n", "cellplane-system", "delete", "pod", leader, "--force", "--grace-period=0");
        await settled(stage.plane, json.operation.id);
        await ownNetwork(stage, json.network.id);
        await stage.plane.call("DELETE", `/v1/networks/${json.network.id}`, undefined, { "if-match": "*" });
      }
    },
    SLOW,
  );

  it(
    "with both replicas of the agent killed at once",
    async () => {
      const before = agentPods(kube()).map(({ metadata }) => metadata.uid);
      kube().kubectl("-n", "cellplane-system", "delete", "pods", "-l", AGENT, "--force", "--grace-period=0");
      await expectFlow();
      expect(await nodeState()).toBe("online");
      const made = await aNetwork(stage, "after-both");
      expect(agentPods(kube()).filter(({ metadata }) => before.includes(metadata.uid))).toEqual([]);
      await stage.plane.call("DELETE", `/v1/networks/${made.id}`, undefined, { "if-match": "*" });
    },
    SLOW,
  );

  it(
    "with the API server down for a minute: nodes work, new ones enrol, and afterwards a change is made",
    async () => {
      const heard = await hearDisconnects(stage.cell, network);
      await runHook("TEST_KUBE_STOP_API");
      const since = performance.now();
      let second: Edge | undefined;
      try {
        expect(() => kube().kubectl("get", "namespaces", "--request-timeout=2s")).toThrow();
        second = await anEdge(network, stage.cell.entrance, stage.folder, "while-down");
        await expectFlow();
        await vi.waitUntil(() => performance.now() - since > DOWN_MS, { timeout: 2 * DOWN_MS, interval: 500 });
        expect(await nodeState()).toBe("online");
      } finally {
        second?.kill("SIGKILL");
        await runHook("TEST_KUBE_START_API");
      }
      expect(heard.seen.filter((name) => name.startsWith("nod_") && name === nodeIdOf(edge))).toEqual([]);
      await heard.close();
      await expectWhole();
      const { json } = await stage.plane.call(
        ...(["PATCH", `/v1/networks/${network.id}?wait=20`] as const),
        { settings: { heartbeat: "10s" } },
        { "if-match": "*" },
      );
      await settled(stage.plane, json.operation.id);
      await expectWhole();
    },
    SLOW,
  );

  it(
    "with its node drained and back: the data is still there, and the edge finds its way",
    async () => {
      const [node] = kube().list("nodes");
      const claim = kube().get("pvc", "data-nats-0", network.name)?.spec.volumeName;
      try {
        kube().kubectl(
          ...[
            "drain",
            node.metadata.name,
            "--ignore-daemonsets",
            "--delete-emptydir-data",
            "--force",
            "--timeout=120s",
          ],
        );
        expect(
          kube()
            .list("pods", "-n", network.name)
            .filter(({ status }) => status.phase === "Running"),
        ).toEqual([]);
        await expectFlow();
      } finally {
        kube().kubectl("uncordon", node.metadata.name);
      }
      await expectWhole();
      expect(kube().get("pvc", "data-nats-0", network.name)?.spec.volumeName).toBe(claim);
      const { json } = await network.call("GET", "/v1/workspaces/default/pipelines");
      expect(json.items.map(({ name }: { name: string }) => name)).toContain("copy-node");
    },
    SLOW,
  );
});

const nodeIdOf = (edge: Edge): string => edge.status().node;
