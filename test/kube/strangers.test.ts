import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { aNetwork, aStage, type Stage, settled } from "./a-cell.ts";
import type { OwnNetwork } from "./edge.ts";

const SLOW = 300_000;
const SOON = { timeout: 90_000, interval: 200 };
/** Secrets are not watched: they are repaired at the pass that comes each minute. */
const WITHIN_A_PASS = { timeout: 90_000, interval: 500 };

/** Somebody with an administrator's rights and no knowledge of us. */
describe("what a stranger does to the objects of a network", () => {
  let stage: Stage;
  let network: OwnNetwork;
  const kube = () => stage.cell.cluster;
  const inTenant = (...args: string[]) => kube().kubectl("-n", network.name, ...args);
  const isReady = async () =>
    (await stage.plane.call("GET", `/v1/networks/${network.id}`)).json.status?.phase === "ready";

  beforeAll(async () => {
    stage = await aStage();
    network = await aNetwork(stage, "factory-7");
  }, SLOW);
  afterAll(() => stage?.close(), SLOW);

  it.each([
    ["networkpolicy", "default-deny"],
    ["resourcequota", "network"],
    ["service", "orchestrator"],
    ["service", "nats"],
    ["ingressroute", "api"],
    ["ingressroutetcp", "nats"],
    ["deployment", "orchestrator"],
    ["statefulset", "nats"],
  ])(
    "a deleted %s/%s is back within seconds",
    async (kind, name) => {
      const before = kube().get(kind, name, network.name)?.metadata.uid;
      expect(before).toBeDefined();
      inTenant("delete", kind, name, "--wait=true");
      await vi.waitFor(() => {
        const found = kube().get(kind, name, network.name)?.metadata.uid;
        expect(found).toBeDefined();
        expect(found).not.toBe(before);
      }, SOON);
    },
    SLOW,
  );

  it(
    "and the network is ready again, with all that was stored",
    async () => {
      await expect.poll(isReady, { timeout: 90_000 }).toBe(true);
      expect((await network.call("GET", "/v1/workspaces")).json.items).toHaveLength(1);
    },
    SLOW,
  );

  it.each([
    ["networkpolicy", "default-deny", '{"spec":{"ingress":[{}]}}', "{.spec.ingress}"],
    ["resourcequota", "network", '{"spec":{"hard":{"pods":"300"}}}', "{.spec.hard.pods}"],
    ["service", "nats", '{"spec":{"ports":[{"name":"client","port":9999}]}}', "{.spec.ports[*].port}"],
    ["ingressroute", "api", '{"spec":{"entryPoints":["web"]}}', "{.spec.entryPoints}"],
    ["deployment", "orchestrator", '{"spec":{"replicas":0}}', "{.spec.replicas}"],
    [
      "namespace",
      "",
      '{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}',
      "{.metadata.labels}",
    ],
  ])(
    "an edited %s is as it was within seconds",
    async (kind, name, patch, path) => {
      const what = [kind, name || network.name];
      const read = () => inTenant("get", ...what, "-o", `jsonpath=${path}`);
      const before = read();
      inTenant("patch", ...what, "--type=merge", "-p", patch);
      await vi.waitFor(() => expect(read()).toBe(before), SOON);
    },
    SLOW,
  );

  it(
    "a Secret that was emptied or deleted is whole again at the next pass, and no pod restarts for it",
    async () => {
      await expect.poll(isReady, { timeout: 60_000 }).toBe(true);
      const restarts = () =>
        kube()
          .list("pods", "-n", network.name)
          .map(({ metadata, status }) => [metadata.uid, status.containerStatuses[0].restartCount])
          .sort();
      const before = restarts();
      const data = (name: string) => kube().get("secret", name, network.name)?.data;
      const [broker, orchestrator] = [data("nats"), data("orchestrator")];
      inTenant("patch", "secret", "nats", "--type=json", "-p", '[{"op":"remove","path":"/data/tls.key"}]');
      inTenant("delete", "secret", "orchestrator");
      await vi.waitFor(
        () => expect([data("nats"), data("orchestrator")]).toEqual([broker, orchestrator]),
        WITHIN_A_PASS,
      );
      expect(restarts()).toEqual(before);
    },
    SLOW,
  );

  it(
    "a delete that a stranger's finalizer holds says what holds it, and ends when that goes",
    async () => {
      const held = await aNetwork(stage, "held");
      kube().kubectl(...["-n", held.name, "create", "configmap", "strange"]);
      kube().kubectl(
        ...["-n", held.name, "patch", "configmap", "strange", "--type=merge"],
        ...["-p", '{"metadata":{"finalizers":["stranger.example/hold"]}}'],
      );
      const { json } = await stage.plane.call("DELETE", `/v1/networks/${held.id}`, undefined, { "if-match": "*" });
      try {
        const blockers = () => (kube().get("networkinstance", held.name)?.status?.blockers ?? []).join("\n");
        await vi.waitFor(() => expect(blockers()).toContain("stranger.example/hold"), { timeout: 60_000 });
        const explain = async () => (await stage.plane.call("GET", `/v1/networks/${held.id}/explain`)).text;
        await expect.poll(explain, { timeout: 90_000 }).toContain("stranger.example/hold");
      } finally {
        kube().kubectl(
          ...["-n", held.name, "patch", "configmap", "strange", "--type=merge"],
          ...["-p", '{"metadata":{"finalizers":null}}'],
        );
      }
      await settled(stage.plane, json.operation.id);
      expect(kube().get("namespace", held.name)).toBeUndefined();
    },
    SLOW,
  );

  it(
    "a namespace that is deleted behind our back is made anew, as a network without its data",
    async () => {
      const before = kube().get("namespace", network.name)?.metadata.uid;
      kube().kubectl("delete", "namespace", network.name, "--wait=false");
      await vi.waitFor(
        () => {
          const found = kube().get("namespace", network.name);
          expect(found?.metadata.uid).not.toBe(before);
          expect(found?.status.phase).toBe("Active");
        },
        { timeout: 90_000, interval: 500 },
      );
      await expect.poll(isReady, { timeout: 90_000 }).toBe(true);
    },
    SLOW,
  );
});
