import type { KubeMetadata } from "#core/model/kube-object.ts";

/** One entry of `metadata.managedFields`. */
interface FieldOwner {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: FieldSet;
  readonly [member: string]: unknown;
}
interface FieldSet {
  readonly [field: string]: FieldSet;
}

/**
 * The owners as they must be for `apply` to drop fields that it named before: the API server knows what was made by a plain create as
 * an update of ours, which no apply takes back. `undefined` when they are so already.
 */
export function withoutUpdatesOf(manager: string, { managedFields = [] }: KubeMetadata): FieldOwner[] | undefined {
  const owners = managedFields as readonly FieldOwner[];
  const isOurs = (owner: FieldOwner) => owner.manager === manager && owner.subresource === undefined;
  const updates = owners.filter((owner) => isOurs(owner) && owner.operation === "Update");
  const [first] = updates;
  if (!first) return undefined;
  const applied = owners.find((owner) => isOurs(owner) && owner.operation === "Apply");
  const fieldsV1 = [...updates, ...(applied ? [applied] : [])].reduce<FieldSet>(
    (all, owner) => union(all, owner.fieldsV1 ?? {}),
    {},
  );
  const others = owners.filter((owner) => owner !== applied && !updates.includes(owner));
  return [...others, { ...first, operation: "Apply", fieldsV1 }];
}

function union(one: FieldSet, other: FieldSet): FieldSet {
  const all: Record<string, FieldSet> = { ...one };
  for (const [field, below] of Object.entries(other)) all[field] = union(all[field] ?? {}, below);
  return all;
}
