import { INSTANCE_API_VERSION, INSTANCE_KIND } from "#core/model/instance.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { labelsOf } from "./labels.ts";

/**
 * The walls of a network. Labelled as a tenant: the agent's rights reach into no other namespace. Owned by its instance, so that it goes
 * even when somebody took the instance's finalizer away.
 */
export const namespace = (name: string, uid: string | undefined): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    ...(uid === undefined
      ? {}
      : { ownerReferences: [{ apiVersion: INSTANCE_API_VERSION, kind: INSTANCE_KIND, name, uid, controller: true }] }),
    labels: {
      ...labelsOf(name),
      "cellplane.dev/tenant": "true",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    },
  },
});
