import type { KubeObject } from "#core/model/kube-object.ts";
import { services as names, natsPorts, orchestratorPorts } from "#core/workload.ts";
import { type Component, componentLabels, metadataIn } from "./labels.ts";

/**
 * The names of broker and orchestrator inside the cluster. Headless: the API server gives out cluster addresses one after the other, for
 * all of the cluster, and thousands of networks would wait for theirs. So a port has the same number here and in the pod, and a name
 * leads to a pod as soon as it has an address: whoever asks for it waits for the program itself anyway.
 */
export function services(namespace: string): KubeObject[] {
  const service = (name: string, component: Component, ports: Readonly<Record<string, number>>): KubeObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataIn(namespace, name, component),
    spec: {
      type: "ClusterIP",
      clusterIP: "None",
      ...(component === "nats" ? { publishNotReadyAddresses: true } : {}),
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
