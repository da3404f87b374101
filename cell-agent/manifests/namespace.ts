import type { KubeObject } from "#core/model/kube-object.ts";
import { labelsOf } from "./labels.ts";

/** The walls of a network. Labelled as a tenant: the agent's rights reach into no other namespace. */
export const namespace = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    labels: {
      ...labelsOf(name),
      "cellplane.dev/tenant": "true",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    },
  },
});
