import { canonicalJson } from "#core/model/canonical.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { APPLIED_HASH } from "../cell.ts";
import { type Ownership, ownershipOf } from "../ownership.ts";

/** What the agent keeps of an object of a network. */
export interface HeldObject extends KubeObject {
  /** Who owns its fields; absent where the cluster does not tell, or where it does not matter. */
  readonly ownership?: Ownership;
}

type Fields = Readonly<Record<string, unknown>>;

/** The members that a pass reads, by kind; of all others the hash and the owners of fields are enough. */
const read: Readonly<Record<string, (object: KubeObject) => Fields>> = {
  Namespace: ({ status }) => ({ status }),
  Deployment: ({ spec, status }) => ({ spec: { replicas: (spec as Fields | undefined)?.replicas }, status }),
  StatefulSet: ({ spec, status }) => ({
    spec: { replicas: (spec as Fields | undefined)?.replicas, storage: templateStorageOf(spec) },
    status,
  }),
  PersistentVolumeClaim: ({ spec, status }) => ({
    spec: {
      storageClassName: (spec as Fields | undefined)?.storageClassName,
      resources: (spec as Fields | undefined)?.resources,
    },
    status: { capacity: (status as Fields | undefined)?.capacity },
  }),
  Pod: ({ status }) => ({ status }),
};

/** The little of an object that a pass looks at: a cell has many, and whole ones fill the memory. */
export function essenceOf(object: KubeObject): HeldObject {
  const { apiVersion, kind, metadata } = object;
  const { annotations, managedFields: _fields, ...named } = metadata;
  const hash = annotations?.[APPLIED_HASH];
  const ownership = hash === undefined ? undefined : ownershipOf(object);
  return {
    apiVersion,
    kind,
    metadata: { ...named, ...(hash === undefined ? {} : { annotations: { [APPLIED_HASH]: hash } }) },
    ...(ownership ? { ownership } : {}),
    ...read[kind]?.(object),
  };
}

/** True where only the version differs: a status that no pass reads has changed. */
export function isSameEssence(a: HeldObject, b: HeldObject): boolean {
  const versionless = ({ ownership: _ownership, ...object }: HeldObject) => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: "" },
  });
  return a.ownership === b.ownership && canonicalJson(versionless(a)) === canonicalJson(versionless(b));
}

/** What the first claim template of a stateful set asks for, such as `4Gi`. */
function templateStorageOf(spec: unknown): string | undefined {
  const [first] =
    (spec as { volumeClaimTemplates?: { spec?: { resources?: { requests?: Fields } } }[] } | undefined)
      ?.volumeClaimTemplates ?? [];
  const storage = first?.spec?.resources?.requests?.storage;
  return typeof storage === "string" ? storage : undefined;
}
