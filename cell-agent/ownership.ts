import type { KubeObject } from "#core/model/kube-object.ts";

/** The name under which the agent applies. */
export const FIELD_MANAGER = "cellplane";

/** Fields as `managedFields` names them: `f:<member>`, `k:<keys of an entry>`, `v:<value>`; nothing inside: owned as a whole. */
interface Fields {
  readonly [name: string]: Fields;
}

/** Who owns what of an object, as far as the agent looks into it. */
export interface Ownership {
  /** What was applied by us and is still ours. */
  readonly ours: Fields;
  /** Who else wrote fields, status apart. */
  readonly others: readonly string[];
}

interface Entry {
  readonly manager?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Fields;
}

/** One value for all that are equal: the same object of a thousand networks has the same owners. */
const known = new Map<string, Ownership>();
/** Strangers may make as many sorts as they like; none of them is worth more memory than this. */
const MOST_KNOWN = 5_000;

/** Who owns the fields of an object; `undefined` where the cluster does not tell. */
export function ownershipOf({ metadata }: Pick<KubeObject, "metadata">): Ownership | undefined {
  const entries = metadata.managedFields as readonly Entry[] | undefined;
  if (!entries) return undefined;
  // What we made by a plain create counts as an update of ours until the first apply.
  const ours = entries
    .filter(({ manager, subresource }) => manager === FIELD_MANAGER && subresource === undefined)
    .reduce<Fields>((all, { fieldsV1 = {} }) => union(all, fieldsV1), {});
  const others = entries.flatMap(({ manager = "", subresource }) =>
    manager === FIELD_MANAGER || subresource === "status" ? [] : [manager],
  );
  const ownership = { ours, others: [...new Set(others)].sort() };
  const text = JSON.stringify(ownership);
  const same = known.get(text);
  if (same) return same;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, ownership);
  return ownership;
}

function union(one: Fields, other: Fields): Fields {
  const all: Record<string, Fields> = { ...one };
  for (const [name, inner] of Object.entries(other)) all[name] = union(all[name] ?? {}, inner);
  return all;
}

/**
 * True where every field that the manifest names is still ours. Whoever changes or drops such a field takes it from us, so this is how
 * an edit is seen without keeping the objects, and what the API server fills in by itself is none.
 */
export const ownsAll = ({ ours }: Pick<Ownership, "ours">, { metadata, ...rest }: KubeObject): boolean => {
  if (Object.keys(ours).length === 0) return false;
  const { apiVersion: _version, kind: _kind, ...content } = rest;
  const { labels = {}, annotations = {} } = metadata;
  return covers(ours, { ...content, metadata: { labels, annotations } });
};

function covers(owned: Fields | undefined, value: unknown): boolean {
  if (owned === undefined) return false;
  const names = Object.keys(owned);
  // Nothing is told of what is inside: it is owned as a whole. A "." alone is the frame without what was in it.
  if (names.length === 0) return true;
  if (Array.isArray(value)) return value.every((item) => coversItem(owned, names, item));
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(
    ([member, inner]) => inner === undefined || isEmpty(inner) || covers(owned[`f:${member}`], inner),
  );
}

/** An entry of a list is named by some of its members, or by its value where it is a set. */
function coversItem(owned: Fields, names: readonly string[], item: unknown): boolean {
  if (typeof item !== "object" || item === null) return `v:${JSON.stringify(item)}` in owned;
  const name = names.find((one) => {
    if (!one.startsWith("k:")) return false;
    const keys = Object.entries(JSON.parse(one.slice(2)) as Record<string, unknown>);
    const members = item as Readonly<Record<string, unknown>>;
    // What the manifest leaves out of a key has been filled in by the API server.
    return keys.every(([key, value]) => members[key] === undefined || members[key] === value);
  });
  return name !== undefined && covers(owned[name], item);
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;
