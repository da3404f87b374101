import { type KubeObject, type ObjectRef, refOf, refText } from "#core/model/kube-object.ts";

interface NamespaceCondition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/** Content goes within its grace periods; what remains after so long is worth a word. */
const USUAL_MS = 60_000;

/** Finalizers of Kubernetes itself are released in time. */
const foreignFinalizers = ({ metadata }: KubeObject): string[] =>
  (metadata.finalizers ?? []).filter((one) => one.includes("/") && !one.startsWith("kubernetes.io/"));

/** True for what was deleted and is kept by somebody's finalizer. */
export const isHeld = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && foreignFinalizers(object).length > 0;

/** What of a network somebody else's finalizer keeps: its namespace, or objects in it. */
export const heldOf = (namespace: KubeObject, inside: readonly KubeObject[]): ObjectRef[] =>
  [namespace, ...inside.filter(({ kind }) => kind !== "Namespace")].filter(isHeld).map(refOf);

/** Which finalizer keeps an object, and who set it. */
export const holdOf = (object: KubeObject): string =>
  `${refText(refOf(object))} is held by ${foreignFinalizers(object)
    .map((finalizer) => `${finalizer} (${actorOf(object, finalizer) ?? "of somebody else"})`)
    .join(", ")}: whoever set that must release it`;

/** What the cluster itself says of a namespace that does not go. */
export function saidOf({ metadata, status }: KubeObject, now: number): string[] {
  const isLate = now - Date.parse(metadata.deletionTimestamp ?? "") > USUAL_MS;
  const conditions = (status as { conditions?: NamespaceCondition[] } | undefined)?.conditions ?? [];
  return conditions
    .filter(({ status: is }) => is === "True")
    .filter(
      ({ type }) =>
        type === "NamespaceFinalizersRemaining" ||
        type.startsWith("NamespaceDeletion") ||
        (isLate && type === "NamespaceContentRemaining"),
    )
    .map(({ message }) => message ?? "")
    .filter(Boolean);
}

/** Who wrote a finalizer, where the cluster keeps that: the name of their client. */
function actorOf({ metadata }: KubeObject, finalizer: string): string | undefined {
  const writer = metadata.managedFields?.find(({ fieldsV1 }) => {
    const fields = fieldsV1 as { "f:metadata"?: { "f:finalizers"?: Readonly<Record<string, unknown>> } } | undefined;
    return `v:${JSON.stringify(finalizer)}` in (fields?.["f:metadata"]?.["f:finalizers"] ?? {});
  });
  return typeof writer?.manager === "string" ? `set by ${writer.manager}` : undefined;
}
