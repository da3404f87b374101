import { createHash } from "node:crypto";
import { canonicalJson } from "#core/model/canonical.ts";
import { type KubeObject, type ObjectRef, refOf, refText } from "#core/model/kube-object.ts";
import { APPLIED_HASH } from "./cell.ts";
import { type Ownership, ownsAll } from "./ownership.ts";

/** What a pass over one network does. */
export interface Plan {
  /** The stages in order, each without what is right already. */
  readonly apply: readonly (readonly KubeObject[])[];
  /** What the agent applied once and the network is not made of any more. */
  readonly remove: readonly ObjectRef[];
  /** Those of `apply` that somebody else edited: what we last applied is what we would apply now. */
  readonly repaired: ReadonlySet<string>;
}

/** What is known of an object: the hash of what we applied, and whose its fields are. */
export interface Known {
  readonly ref: ObjectRef;
  readonly hash: string | undefined;
  readonly ownership?: Ownership | undefined;
}

export interface World {
  /** By `refText`. */
  readonly known: ReadonlyMap<string, Known>;
  /** An ownership that an apply of ours has left behind: another apply would not change it. */
  readonly isAsGoodAsItGets?: (ref: string, ownership: Ownership) => boolean;
}

/** Kinds that hold what people would miss: they go with the network alone. */
const keeping = new Set(["Namespace", "PersistentVolumeClaim", "StatefulSet"]);

/** What differs from what was applied. Nothing differs: no stage has an object, and the pass writes nothing. */
export function plan(
  stages: readonly (readonly KubeObject[])[],
  { known, isAsGoodAsItGets = () => false }: World,
): Plan {
  const repaired = new Set<string>();
  const wanted = new Set<string>();
  const differs = (object: KubeObject): boolean => {
    const ref = refText(refOf(object));
    wanted.add(ref);
    const found = known.get(ref);
    if (found?.hash === undefined || found.hash !== appliedHashOf(object)) return true;
    const { ownership } = found;
    if (!ownership || ownsAll(ownership, object) || isAsGoodAsItGets(ref, ownership)) return false;
    repaired.add(ref);
    return true;
  };
  const apply = stages.map((stage) => stage.map(hashed).filter(differs)).filter((stage) => stage.length > 0);
  const remove = [...known].flatMap(([text, { ref, hash }]) =>
    hash === undefined || wanted.has(text) || keeping.has(ref.kind) ? [] : [ref],
  );
  return { apply, remove, repaired };
}

export const isSteady = ({ apply, remove }: Pick<Plan, "apply" | "remove">): boolean =>
  apply.length === 0 && remove.length === 0;

/** For logs: how much, and what first. */
export const describePlan = ({ apply, remove }: Pick<Plan, "apply" | "remove">): string =>
  [...apply.flat().map(refOf).map(refText), ...remove.map((ref) => `-${refText(ref)}`)].join(", ");

/** The object with the hash of itself as annotation. */
export function hashed(object: KubeObject): KubeObject {
  const hash = createHash("sha256").update(canonicalJson(object)).digest("hex").slice(0, 32);
  const annotations = { ...object.metadata.annotations, [APPLIED_HASH]: hash };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

export const appliedHashOf = ({ metadata }: Pick<KubeObject, "metadata">): string | undefined =>
  metadata.annotations?.[APPLIED_HASH];
