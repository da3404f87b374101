import { type KubeObject, type ObjectRef, refOf, refText } from "#core/model/kube-object.ts";
import { kindOf } from "../objects/kinds.ts";
import type { Objects } from "../objects/objects.ts";
import type { Pod } from "../objects/shapes.ts";

const PVC_PROTECTION = "kubernetes.io/pvc-protection";

/** Removes an object whose owners are all gone. Owners of a namespaced object are in its namespace or of the whole cluster. */
export function collectOrphan(objects: Objects, object: KubeObject): void {
  const { ownerReferences = [], namespace, deletionTimestamp } = object.metadata;
  if (ownerReferences.length === 0 || deletionTimestamp !== undefined) return;
  const isThere = ({ apiVersion, kind, name, uid }: (typeof ownerReferences)[number]): boolean => {
    // As on Kubernetes: a cluster-scoped object cannot be owned from inside a namespace, and is not taken for an orphan.
    if (namespace === undefined && kindOf({ kind })?.scope === "namespace") return true;
    const candidates: ObjectRef[] = [{ apiVersion, kind, name }];
    if (namespace !== undefined) candidates.push({ apiVersion, kind, name, namespace });
    return candidates.some((ref) => objects.get(ref)?.metadata.uid === uid);
  };
  if (!ownerReferences.some(isThere)) objects.remove(refOf(object));
}

/** What names `owner` as its owner. */
export const ownedBy = (objects: Objects, owner: KubeObject): KubeObject[] => {
  const { namespace, uid } = owner.metadata;
  const around = namespace === undefined ? objects.all() : objects.within(namespace);
  return [...around].filter(({ metadata }) => metadata.ownerReferences?.some((reference) => reference.uid === uid));
};

/** Empties a namespace that is being deleted, and ends it once it is empty; says in its status what it still waits for. */
export function finishNamespace(objects: Objects, name: string): void {
  const ref: ObjectRef = { apiVersion: "v1", kind: "Namespace", name };
  const namespace = objects.get(ref);
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  for (const object of objects.within(name)) objects.remove(refOf(object));

  const left = objects.within(name);
  if (left.length === 0) {
    objects.drop(ref);
    return;
  }
  const held = left.filter(({ metadata }) => metadata.finalizers?.length);
  objects.updateStatus(ref, {
    phase: "Terminating",
    conditions: [
      {
        type: "NamespaceContentRemaining",
        status: "True",
        message: left.map((object) => refText(refOf(object))).join(", "),
      },
      {
        type: "NamespaceFinalizersRemaining",
        status: held.length > 0 ? "True" : "False",
        message: held
          .map((object) => `${refText(refOf(object))}: ${object.metadata.finalizers?.join(", ")}`)
          .join("; "),
      },
    ],
  });
}

/** Lets a claim go that is being deleted, once no pod has it mounted. */
export function releaseClaim(objects: Objects, claim: KubeObject): void {
  const { name, namespace, deletionTimestamp } = claim.metadata;
  if (deletionTimestamp === undefined || namespace === undefined) return;
  const pods = objects.list({ apiVersion: "v1", kind: "Pod", namespace }) as Pod[];
  const isUsed = pods.some(({ spec }) =>
    spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name),
  );
  if (!isUsed) objects.removeFinalizer(refOf(claim), PVC_PROTECTION);
}
