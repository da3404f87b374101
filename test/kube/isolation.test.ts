import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natsPorts, orchestratorPorts } from "#core/workload.ts";
import { aNetwork, aStage, type Stage } from "./a-cell.ts";
import { aVisitor, type Visitor, visitorPod } from "./a-visitor.ts";
import { auditedEntries } from "./audit-log.ts";
import type { OwnNetwork } from "./edge.ts";
import type { Json } from "./the-cluster.ts";

const SLOW = 300_000;
const { http, internal } = orchestratorPorts;
type Place = readonly [host: string, port: number];

/** Somebody has got into a network's namespace. What can be reached from there, and what the namespace lets happen in it. */
describe("the walls around a network", () => {
  let stage: Stage;
  let own: OwnNetwork;
  let other: OwnNetwork;
  const kube = () => stage.cell.cluster;
  const podOf = (network: OwnNetwork, program: string): Json =>
    kube().list("pods", "-n", network.name, "-l", `app.kubernetes.io/name=${program}`)[0];
  /** By its Service and at its pod: a policy must hold for both. */
  const placesOf = (network: OwnNetwork, program: string, port: number): Place[] => [
    [`${program}.${network.name}.svc.cluster.local`, port],
    [podOf(network, program).status.podIP, port],
  ];
  const reached = (visitor: Visitor, places: readonly Place[]) => places.filter((place) => visitor.reaches(...place));
  const kubernetes = (): Place[] => {
    const [{ endpoints, ports }] = kube().list("endpointslices", "-l", "kubernetes.io/service-name=kubernetes");
    return [
      [kube().get("service", "kubernetes", "default").spec.clusterIP, 443],
      [endpoints[0].addresses[0], ports[0].port],
    ];
  };
  /** Not the kubelet of the pod's own node: Kubernetes lets pods and their node always talk, whatever the policies say. */
  const forbidden = (): Place[] => [
    ...placesOf(other, "nats", natsPorts.client),
    ...placesOf(other, "orchestrator", http),
    ...placesOf(other, "orchestrator", internal),
    ...placesOf(own, "orchestrator", internal),
    ...kubernetes(),
    ["169.254.169.254", 80],
  ];

  beforeAll(async () => {
    stage = await aStage();
    [own, other] = await Promise.all([aNetwork(stage, "own"), aNetwork(stage, "other")]);
  }, SLOW);
  afterAll(async () => {
    stage?.cell.cluster.kubectl("-n", "traefik", "delete", "pod", "visitor", "--ignore-not-found", "--wait=false");
    stage?.cell.cluster.kubectl("-n", "default", "delete", "pod", "visitor", "--ignore-not-found", "--wait=false");
    await stage?.close();
  }, SLOW);

  /** The quota has room for one visitor at a time. */
  function visit(labels: Record<string, string>, look: (visitor: Visitor) => void): void {
    try {
      look(aVisitor(kube(), { namespace: own.name, name: "visitor", labels }));
    } finally {
      kube().kubectl("-n", own.name, "delete", "pod", "visitor", "--ignore-not-found", "--force", "--grace-period=0");
    }
  }

  it(
    "keep the same program from nothing where no wall is: what it says of other places can be believed",
    () => {
      const free = aVisitor(kube(), { namespace: "default", name: "visitor" });
      expect(reached(free, kubernetes())).toEqual(kubernetes());
      expect(reached(free, forbidden().slice(0, 8))).toEqual([]);
    },
    SLOW,
  );

  it(
    "let a pod that passes for the orchestrator to its own broker and to DNS, and nowhere else",
    () => {
      const { "pod-template-hash": _, ...labels } = podOf(own, "orchestrator").metadata.labels;
      visit(labels, (visitor) => {
        const broker = placesOf(own, "nats", natsPorts.client);
        expect(reached(visitor, broker)).toEqual(broker);
        expect(visitor.resolves(`nats.${own.name}.svc.cluster.local`)).toBe(true);
        expect(reached(visitor, forbidden())).toEqual([]);
      });
    },
    SLOW,
  );

  it(
    "let any other pod to DNS alone, not even to the broker beside it",
    () => {
      visit({}, (visitor) => {
        expect(visitor.resolves(`nats.${own.name}.svc.cluster.local`)).toBe(true);
        const beside = [...placesOf(own, "nats", natsPorts.client), ...placesOf(own, "orchestrator", http)];
        expect(reached(visitor, [...beside, ...forbidden()])).toEqual([]);
      });
    },
    SLOW,
  );

  it(
    "let the ingress to the two doors for customers, and not to the agent's",
    () => {
      const visitor = aVisitor(kube(), { namespace: "traefik", name: "visitor" });
      const doors = [...placesOf(own, "orchestrator", http), ...placesOf(own, "nats", natsPorts.client)];
      expect(reached(visitor, doors)).toEqual(doors);
      expect(reached(visitor, placesOf(own, "orchestrator", internal))).toEqual([]);
      expect(visitor.reaches(podOf(own, "nats").status.podIP, natsPorts.monitor)).toBe(false);
    },
    SLOW,
  );

  it("refuse a privileged pod, and more pods than an update needs", () => {
    const container = { securityContext: { privileged: true } };
    expect(() => kube().apply(visitorPod(own.name, "privileged", { container }))).toThrow(/violates PodSecurity/);
    visit({}, () => {
      expect(() => kube().apply(visitorPod(own.name, "fourth"))).toThrow(/exceeded quota/);
    });
  });

  it("leave the network's own pods nothing to break out with", () => {
    const pods = kube().list("pods", "-n", own.name, "-l", "app.kubernetes.io/name in (nats,orchestrator)");
    expect(pods).toHaveLength(2);
    for (const { spec } of pods) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      expect(spec.serviceAccountName).toBe("workload");
      expect([spec.hostNetwork, spec.hostPID, spec.hostIPC]).toEqual([undefined, undefined, undefined]);
      expect(JSON.stringify(spec.volumes)).not.toMatch(/serviceAccountToken|hostPath/);
      for (const { securityContext } of [...spec.containers, ...(spec.initContainers ?? [])])
        expect(securityContext).toMatchObject({
          ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
          capabilities: { drop: ["ALL"] },
        });
    }
  });

  it("stand before the first secret and the first pod is inside", () => {
    const made: Json[] = auditedEntries()
      .filter((entry) => entry.includes(`"namespace":"${own.name}"`) && entry.includes('"ResponseComplete"'))
      .map((entry) => JSON.parse(entry))
      .filter(({ responseStatus, objectRef }) => responseStatus?.code === 201 && objectRef.subresource === undefined);
    const of = (...resources: string[]) => made.filter(({ objectRef }) => resources.includes(objectRef.resource));
    const walls = of("networkpolicies", "resourcequotas", "limitranges");
    const inside = of("secrets", "pods");
    const names = kube().list("networkpolicies", "-n", own.name).length;
    expect(walls).toHaveLength(names + 2);
    expect(inside.length).toBeGreaterThan(2);
    const stood = walls.map(({ stageTimestamp }) => stageTimestamp).sort();
    const came = inside.map(({ requestReceivedTimestamp }) => requestReceivedTimestamp).sort();
    expect((stood.at(-1) ?? "") < (came[0] ?? "")).toBe(true);
    const { labels } = kube().get("namespace", own.name).metadata;
    expect(labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  });
});
