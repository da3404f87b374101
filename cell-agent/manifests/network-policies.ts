import type { KubeObject } from "#core/model/kube-object.ts";
import { natsPorts, orchestratorPorts } from "#core/workload.ts";
import { INGRESS_NAMESPACE, SYSTEM_NAMESPACE } from "../cell.ts";
import { type Component, componentLabels, metadataIn } from "./labels.ts";

const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});
const pods = (component: Component) => ({ podSelector: { matchLabels: componentLabels(component) } });
const tcp = (port: number) => ({ protocol: "TCP", port });

/**
 * Nothing in but to the broker's port, nothing out but DNS; then the few ways of the orchestrator. The way to the broker is part of what
 * holds for all pods: it alone listens on that port, and every object of a network is a request of a thousand.
 */
export function networkPolicies(namespace: string): KubeObject[] {
  const policy = (name: string, spec: Record<string, unknown>): KubeObject => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadataIn(namespace, name),
    spec,
  });
  return [
    policy("default-deny", {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [pods("orchestrator"), inNamespace(INGRESS_NAMESPACE)], ports: [tcp(natsPorts.client)] }],
      egress: [
        {
          to: [{ ...inNamespace("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
          ports: [{ protocol: "UDP", port: 53 }, tcp(53)],
        },
      ],
    }),
    policy("orchestrator", {
      ...pods("orchestrator"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { from: [inNamespace(INGRESS_NAMESPACE)], ports: [tcp(orchestratorPorts.http)] },
        { from: [inNamespace(SYSTEM_NAMESPACE)], ports: [tcp(orchestratorPorts.internal)] },
      ],
      egress: [{ to: [pods("nats")], ports: [tcp(natsPorts.client)] }],
    }),
  ];
}
