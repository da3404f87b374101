import { INSTANCE_API_VERSION, INSTANCE_KIND } from "#core/model/instance.ts";
import type { ObjectQuery } from "#core/ports.ts";
import { labelsOf } from "../manifests/labels.ts";

const ours = { "app.kubernetes.io/managed-by": labelsOf("")["app.kubernetes.io/managed-by"] };
const owned = (apiVersion: string, kind: string): ObjectQuery => ({ apiVersion, kind, labels: ours });

/** Everything the agent watches: instances, and what it applies for them. Not Secrets: it may not read them everywhere. */
export const watched: readonly ObjectQuery[] = [
  { apiVersion: INSTANCE_API_VERSION, kind: INSTANCE_KIND },
  owned("v1", "Namespace"),
  owned("networking.k8s.io/v1", "NetworkPolicy"),
  owned("v1", "ResourceQuota"),
  owned("v1", "LimitRange"),
  owned("v1", "ServiceAccount"),
  owned("rbac.authorization.k8s.io/v1", "RoleBinding"),
  owned("apps/v1", "StatefulSet"),
  owned("apps/v1", "Deployment"),
  owned("v1", "Service"),
  owned("traefik.io/v1alpha1", "IngressRoute"),
  owned("traefik.io/v1alpha1", "IngressRouteTCP"),
  owned("policy/v1", "PodDisruptionBudget"),
  owned("v1", "PersistentVolumeClaim"),
  owned("v1", "Pod"),
];
