import * as z from "zod";
import type { InputError } from "#core/errors.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { DeploymentSpec, IngressRouteSpec, PodSpec, ServiceSpec, StatefulSetSpec } from "./shapes.ts";

/** What the API of a kind promises. A kind that is not listed is kept as it is written, with or without a namespace. */
export interface Kind {
  readonly scope: "cluster" | "namespace";
  /** Does a change of anything but metadata and status raise `metadata.generation`? */
  readonly generation: boolean;
  /** Paths that never change once the object exists. */
  readonly immutable: readonly (readonly string[])[];
  readonly spec?: z.ZodType;
}

const plain: Kind = { scope: "namespace", generation: false, immutable: [] };
const versioned: Kind = { ...plain, generation: true };

const kinds: Readonly<Record<string, Kind>> = {
  Namespace: { ...plain, scope: "cluster" },
  ClusterRole: { ...plain, scope: "cluster" },
  ClusterRoleBinding: { ...plain, scope: "cluster", immutable: [["roleRef"]] },
  PersistentVolume: { ...plain, scope: "cluster" },
  PriorityClass: { ...plain, scope: "cluster" },
  NetworkInstance: { ...versioned, scope: "cluster" },
  ConfigMap: plain,
  Secret: { ...plain, immutable: [["type"]] },
  ServiceAccount: plain,
  Role: plain,
  RoleBinding: { ...plain, immutable: [["roleRef"]] },
  ResourceQuota: plain,
  LimitRange: plain,
  Lease: plain,
  Event: plain,
  NetworkPolicy: versioned,
  PodDisruptionBudget: versioned,
  Service: { ...plain, spec: ServiceSpec },
  PersistentVolumeClaim: {
    ...plain,
    immutable: [
      ["spec", "accessModes"],
      ["spec", "storageClassName"],
      ["spec", "volumeMode"],
    ],
  },
  Pod: { ...plain, immutable: [["spec"]], spec: PodSpec },
  Deployment: { ...versioned, immutable: [["spec", "selector"]], spec: DeploymentSpec },
  StatefulSet: {
    ...versioned,
    immutable: [
      ["spec", "selector"],
      ["spec", "serviceName"],
      ["spec", "volumeClaimTemplates"],
    ],
    spec: StatefulSetSpec,
  },
  IngressRoute: { ...versioned, spec: IngressRouteSpec },
  IngressRouteTCP: { ...versioned, spec: IngressRouteSpec },
};

export const kindOf = ({ kind }: Pick<KubeObject, "kind">): Kind | undefined => kinds[kind];

const Name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be a DNS name in lower case");
const RbacName = z.string().regex(/^[^/%]+$/, "must be a path segment");
const Label = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS label in lower case");

const Texts = z.record(z.string(), z.string());
const Metadata = z.looseObject({
  name: z.string(),
  namespace: Label.optional(),
  labels: Texts.optional(),
  annotations: Texts.optional(),
  resourceVersion: z.string().optional(),
  uid: z.string().optional(),
  finalizers: z.array(z.string().regex(/^[^/]+\/[^/]+$/, "must be a qualified name, domain/name")).optional(),
  ownerReferences: z
    .array(z.looseObject({ apiVersion: z.string(), kind: z.string(), name: z.string(), uid: z.string() }))
    .optional(),
});
const AnyObject = z.looseObject({
  apiVersion: z.string().regex(/^([a-z0-9.-]+\/)?v[0-9][a-z0-9]*$/),
  kind: z.string().regex(/^[A-Z][A-Za-z0-9]*$/),
  metadata: Metadata,
});

/** Everything wrong with an object that somebody wants to apply. */
export function faultsOf(object: unknown): InputError[] {
  const parsed = AnyObject.safeParse(object);
  if (!parsed.success) return errorsOf(parsed.error);

  const { kind: kindName, metadata, spec } = parsed.data;
  const kind = kinds[kindName];
  const faults: InputError[] = [];
  const name = kindName === "Namespace" ? Label : kindName.includes("Role") ? RbacName : Name;
  const named = name.safeParse(metadata.name);
  if (!named.success) faults.push(...errorsOf(named.error, ["metadata", "name"]));
  if (kind?.scope === "namespace" && metadata.namespace === undefined)
    faults.push({ path: "metadata.namespace", message: `is required: a ${kindName} lives in a namespace` });
  if (kind?.scope === "cluster" && metadata.namespace !== undefined)
    faults.push({ path: "metadata.namespace", message: `must be absent: a ${kindName} belongs to the whole cluster` });
  const specified = kind?.spec?.safeParse(spec);
  if (specified && !specified.success) faults.push(...errorsOf(specified.error, ["spec"]));
  return faults;
}

const errorsOf = (error: z.ZodError, under: string[] = []): InputError[] =>
  error.issues.map(({ path, message }) => ({ path: [...under, ...path.map(String)].join("."), message }));
