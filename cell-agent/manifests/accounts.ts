import type { KubeObject } from "#core/model/kube-object.ts";
import { AGENT_ACCOUNT, SYSTEM_NAMESPACE, TENANT_ROLE } from "../cell.ts";
import { metadataIn } from "./labels.ts";

/** The service account of a network's pods. */
export const WORKLOAD_ACCOUNT = "workload";

/** Who the pods are: nobody, no token is mounted. */
export const workloadAccount = (namespace: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: metadataIn(namespace, WORKLOAD_ACCOUNT),
  automountServiceAccountToken: false,
});

/** The agent's right to work in this namespace. */
export const tenantBinding = (namespace: string): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: metadataIn(namespace, TENANT_ROLE),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: TENANT_ROLE },
  subjects: [{ kind: "ServiceAccount", name: AGENT_ACCOUNT, namespace: SYSTEM_NAMESPACE }],
});
