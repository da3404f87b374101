import type { KubeMetadata } from "#core/model/kube-object.ts";
import { NETWORK_LABEL } from "../cell.ts";

/** The programs of a network, by the label that services, policies and budgets select. */
export type Component = "nats" | "orchestrator";

const COMPONENT_LABEL = "app.kubernetes.io/name";

export const componentLabels = (component: Component) => ({ [COMPONENT_LABEL]: component });

export const labelsOf = (namespace: string, component?: Component) => ({
  "app.kubernetes.io/managed-by": "cellplane-cell-agent",
  [NETWORK_LABEL]: namespace,
  ...(component ? componentLabels(component) : {}),
});

/** Metadata of an object in a network's namespace, which is named like its instance. */
export const metadataIn = (namespace: string, name: string, component?: Component): KubeMetadata => ({
  name,
  namespace,
  labels: labelsOf(namespace, component),
});
