import type { KubeObject } from "#core/model/kube-object.ts";
import { services as names, natsPorts, orchestratorPorts } from "#core/workload.ts";
import { type Component, componentLabels, metadataIn } from "./labels.ts";

/** The addresses of broker and orchestrator inside the cluster. */
export function services(namespace: string): KubeObject[] {
  const service = (name: string, component: Component, ports: Readonly<Record<string, number>>): KubeObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataIn(namespace, name, component),
    spec: {
      type: "ClusterIP",
      selector: componentLabels(component),
      ports: Object.entries(ports).map(([port, number]) => ({
        name: port,
        port: number,
        targetPort: port,
        protocol: "TCP",
      })),
    },
  });
  return [
    service(names.orchestrator, "orchestrator", orchestratorPorts),
    service(names.nats, "nats", { client: natsPorts.client }),
  ];
}
