import { createHash } from "node:crypto";
import { canonicalJson } from "#core/model/canonical.ts";
import { type KubeObject, refOf, refText } from "#core/model/kube-object.ts";
import { APPLIED_HASH } from "./cell.ts";

/** What a pass over one network does: the stages in order, each without what is right already. */
export interface Plan {
  readonly apply: readonly (readonly KubeObject[])[];
}

/** The hash of what was last applied to an object, by `refText`; absent where there is no such object. */
export type AppliedHashes = (ref: string) => string | undefined;

/** What differs from what was applied. Nothing differs: no stage has an object, and the pass writes nothing. */
export function plan(stages: readonly (readonly KubeObject[])[], appliedTo: AppliedHashes): Plan {
  const differing = stages.map((stage) =>
    stage.map(hashed).filter((object) => appliedTo(refText(refOf(object))) !== appliedHashOf(object)),
  );
  return { apply: differing.filter((stage) => stage.length > 0) };
}

export const isSteady = ({ apply }: Plan): boolean => apply.length === 0;

/** For logs: how much, and what first. */
export const describePlan = ({ apply }: Plan): string => apply.flat().map(refOf).map(refText).join(", ");

/** The object with the hash of itself as annotation. */
export function hashed(object: KubeObject): KubeObject {
  const hash = createHash("sha256").update(canonicalJson(object)).digest("hex").slice(0, 32);
  const annotations = { ...object.metadata.annotations, [APPLIED_HASH]: hash };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

export const appliedHashOf = ({ metadata }: Pick<KubeObject, "metadata">): string | undefined =>
  metadata.annotations?.[APPLIED_HASH];
