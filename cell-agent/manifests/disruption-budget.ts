import type { KubeObject } from "#core/model/kube-object.ts";
import { componentLabels, metadataIn } from "./labels.ts";

/**
 * The broker may be evicted: `minAvailable` would let a single one block the drain of its machine for ever. The orchestrator needs no
 * budget: a pod that no budget names may always be evicted.
 */
export const disruptionBudget = (namespace: string): KubeObject => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: metadataIn(namespace, "nats", "nats"),
  spec: { maxUnavailable: 1, selector: { matchLabels: componentLabels("nats") } },
});
