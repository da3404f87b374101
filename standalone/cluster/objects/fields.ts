import { canonicalJson } from "#core/model/canonical.ts";
import type { KubeMetadata, KubeObject } from "#core/model/kube-object.ts";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the API server alone writes; an apply never carries it. */
const serverOwned = ["uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "managedFields"];

/** The fields that an apply of `object` claims: no status, nothing that is the server's, no nulls, secrets as `data`. */
export function claimed(object: KubeObject): KubeObject {
  const { status: _status, stringData, ...rest } = withoutNulls(object) as KubeObject;
  const metadata = Object.fromEntries(
    Object.entries(rest.metadata).filter(([member]) => !serverOwned.includes(member)),
  ) as unknown as KubeMetadata;
  if (!isFields(stringData)) return { ...rest, metadata };
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString("base64")]),
  );
  return { ...rest, data: { ...(isFields(rest.data) ? rest.data : {}), ...data }, metadata };
}

/**
 * Server-side apply with one field manager: what `next` names becomes so, what only `before` named goes, what neither names
 * stays. Objects merge by member; lists are replaced whole, apart from the two that several writers share.
 */
export function applied(live: KubeObject, before: KubeObject | undefined, next: KubeObject): KubeObject {
  const merged = mergeFields(live, before ?? {}, next) as KubeObject;
  const finalizers = mergeList(live.metadata.finalizers, before?.metadata.finalizers, next.metadata.finalizers, String);
  const ownerReferences = mergeList(
    live.metadata.ownerReferences,
    before?.metadata.ownerReferences,
    next.metadata.ownerReferences,
    ({ uid }) => uid,
  );
  const { finalizers: _finalizers, ownerReferences: _owners, ...metadata } = merged.metadata;
  return {
    ...merged,
    metadata: {
      ...metadata,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(ownerReferences.length === 0 ? {} : { ownerReferences }),
    },
  };
}

function mergeFields(live: Fields, before: Fields, next: Fields): Fields {
  const merged: Record<string, unknown> = { ...live };
  for (const [member, was] of Object.entries(before)) {
    if (member in next) continue;
    const now = live[member];
    const rest = isFields(was) && isFields(now) ? mergeFields(now, was, {}) : {};
    if (Object.keys(rest).length > 0) merged[member] = rest;
    else delete merged[member];
  }
  for (const [member, wanted] of Object.entries(next)) {
    const now = live[member];
    const was = before[member];
    merged[member] = isFields(wanted) && isFields(now) ? mergeFields(now, isFields(was) ? was : {}, wanted) : wanted;
  }
  return merged;
}

function mergeList<T>(
  live: readonly T[] = [],
  before: readonly T[] = [],
  next: readonly T[] = [],
  keyOf: (item: T) => string,
): T[] {
  const wanted = new Map(next.map((item) => [keyOf(item), item]));
  const dropped = new Set(before.map(keyOf).filter((key) => !wanted.has(key)));
  const kept = live.filter((item) => !dropped.has(keyOf(item))).map((item) => wanted.get(keyOf(item)) ?? item);
  const known = new Set(kept.map(keyOf));
  return [...kept, ...next.filter((item) => !known.has(keyOf(item)))];
}

/** All but metadata and status: a change of it is a change of what is wanted. */
export const contentOf = ({ metadata: _metadata, status: _status, ...content }: KubeObject): Fields => content;

export const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null);

/** The value at a path, `undefined` when any part of it is missing. */
export const fieldAt = (object: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, member) => (isFields(at) ? at[member] : undefined), object);

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}
