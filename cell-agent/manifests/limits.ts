import type { KubeObject } from "#core/model/kube-object.ts";
import type { Plan } from "#core/model/plan.ts";
import { metadataIn } from "./labels.ts";

/**
 * What a namespace may take: broker and orchestrator as the plan sizes them, and one orchestrator more, because an update
 * starts the new pod before the old one ends.
 */
export function limits(namespace: string, plan: Plan): KubeObject[] {
  const cpu = milliOf(plan.broker.cpu) + 2 * milliOf(plan.orchestrator.cpu);
  const memory = `${plan.broker.memoryMiB + 2 * plan.orchestrator.memoryMiB}Mi`;
  return [
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: metadataIn(namespace, "network"),
      spec: {
        hard: {
          pods: "3",
          "requests.cpu": `${cpu}m`,
          "requests.memory": memory,
          "limits.memory": memory,
          "requests.storage": `${plan.storageGiB}Gi`,
          persistentvolumeclaims: "1",
          "services.loadbalancers": "0",
          "services.nodeports": "0",
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: metadataIn(namespace, "network"),
      spec: {
        limits: [{ type: "Container", default: { memory: "64Mi" }, defaultRequest: { cpu: "10m", memory: "32Mi" } }],
      },
    },
  ];
}

/** Thousandths of a CPU: "100m" is 100, "1" is 1,000. */
const milliOf = (cpu: string): number => (cpu.endsWith("m") ? Number(cpu.slice(0, -1)) : Number(cpu) * 1_000);
