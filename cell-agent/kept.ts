import { Refusal } from "#core/errors.ts";
import type { KubeObject, ObjectRef } from "#core/model/kube-object.ts";
import type { Cluster } from "#core/ports.ts";
import { SYSTEM_NAMESPACE } from "./cell.ts";

/** The one entry of every Secret and ConfigMap in which the agent keeps something. */
const ENTRY = "value.json";

/** A value the agent keeps in its own namespace, and the version that a later write must still find. */
export interface Kept<T> {
  readonly value: T;
  readonly version: string;
}

type Keeping = "Secret" | "ConfigMap";

export const keptRef = (kind: Keeping, name: string): ObjectRef => ({
  apiVersion: "v1",
  kind,
  name,
  namespace: SYSTEM_NAMESPACE,
});

/** What is kept under `name`, as `parse` reads it. */
export async function readKept<T>(
  cluster: Cluster,
  ref: ObjectRef,
  parse: (value: unknown) => T,
): Promise<Kept<T> | undefined> {
  const object = await cluster.get(ref);
  return object && keptIn(object, parse);
}

/** The value inside an object that `writeKept` wrote. */
export function keptIn<T>(object: KubeObject, parse: (value: unknown) => T): Kept<T> {
  const text = (object.data as Readonly<Record<string, string>> | undefined)?.[ENTRY] ?? "";
  const json = object.kind === "Secret" ? Buffer.from(text, "base64").toString("utf8") : text;
  return { value: parse(JSON.parse(json)), version: object.metadata.resourceVersion ?? "" };
}

/** Keeps a value, and answers the version it has then. Refused with `conflict` when what is there is not at `version` any more ("": must not be there yet). */
export async function writeKept(
  cluster: Cluster,
  ref: ObjectRef,
  { value, version, labels }: { value: unknown; version: string; labels?: Readonly<Record<string, string>> },
): Promise<string> {
  const json = JSON.stringify(value);
  const applied = await cluster.apply({
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    metadata: {
      name: ref.name,
      ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
      resourceVersion: version,
      ...(labels ? { labels } : {}),
    },
    data: { [ENTRY]: ref.kind === "Secret" ? Buffer.from(json).toString("base64") : json },
  });
  return applied.metadata.resourceVersion ?? "";
}

/** What is kept, made at the first use and never again: whoever loses the race to make it takes what the winner made. */
export async function keptOnce<T>(
  cluster: Cluster,
  ref: ObjectRef,
  { parse, make }: { parse: (value: unknown) => T; make: () => T | Promise<T> },
): Promise<Kept<T>> {
  return (await readKept(cluster, ref, parse)) ?? keptNew(cluster, ref, { parse, make });
}

/** The same for what is probably not there yet: makes it without looking first. */
export async function keptNew<T>(
  cluster: Cluster,
  ref: ObjectRef,
  { parse, make }: { parse: (value: unknown) => T; make: () => T | Promise<T> },
): Promise<Kept<T>> {
  try {
    const value = await make();
    return { value, version: await writeKept(cluster, ref, { value, version: "" }) };
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "conflict")) throw error;
  }
  const kept = await readKept(cluster, ref, parse);
  if (!kept) throw new Refusal("unavailable", `${ref.kind} ${ref.name} was taken away while it was made.`);
  return kept;
}
