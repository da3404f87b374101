import type { KubeObject } from "#core/model/kube-object.ts";
import { refOf, refText } from "#core/model/kube-object.ts";

interface NamespaceCondition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/** What keeps a namespace from going: objects in it that somebody else's finalizer holds, and what the cluster itself says. */
export function blockersOf(namespace: KubeObject, inside: readonly KubeObject[]): string[] {
  const held = inside
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length > 0)
    .map(
      (object) =>
        `${refText(refOf(object))} is held by ${(object.metadata.finalizers ?? []).join(", ")}: whoever set that must release it`,
    );
  const conditions = (namespace.status as { conditions?: NamespaceCondition[] } | undefined)?.conditions ?? [];
  const said = conditions
    .filter(
      ({ type, status }) =>
        status === "True" && (type === "NamespaceFinalizersRemaining" || type.startsWith("NamespaceDeletion")),
    )
    .map(({ message }) => message ?? "")
    .filter(Boolean);
  return [...new Set([...held, ...said])];
}
