import type { KubeObject } from "#core/model/kube-object.ts";
import { componentLabels, metadataIn } from "./labels.ts";

/** One at a time may be evicted: `minAvailable` would let a single broker block the drain of its machine for ever. */
export const disruptionBudgets = (namespace: string): KubeObject[] =>
  (["nats", "orchestrator"] as const).map((component) => ({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadataIn(namespace, component, component),
    spec: { maxUnavailable: 1, selector: { matchLabels: componentLabels(component) } },
  }));
