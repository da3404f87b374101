import { Refusal } from "#core/errors.ts";
import { type KubeMetadata, type KubeObject, type ObjectRef, refOf, refText } from "#core/model/kube-object.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Clock, ObjectQuery } from "#core/ports.ts";
import type { Database, StoredObject } from "../database.ts";
import { applied, claimed, contentOf, fieldAt, isSame } from "./fields.ts";
import { faultsOf, kindOf } from "./kinds.ts";

export type ObjectChange = {
  readonly type: "present" | "gone";
  readonly object: KubeObject;
  readonly before?: KubeObject;
};

/** The API server's half of the cluster: what objects there are, and the rules by which they change. */
export interface Objects {
  get(ref: ObjectRef): KubeObject | undefined;
  list(query: ObjectQuery): KubeObject[];
  /** Everything inside a namespace. */
  within(namespace: string): KubeObject[];
  all(): Iterable<KubeObject>;
  apply(object: KubeObject): KubeObject;
  /** Made by a controller; no field manager claims its fields. */
  create(object: KubeObject): KubeObject;
  updateStatus(ref: ObjectRef, status: unknown, resourceVersion?: string): KubeObject;
  remove(ref: ObjectRef): void;
  removeFinalizer(ref: ObjectRef, finalizer: string): void;
  /** Ends the deletion of a pod that has stopped, or of a namespace that is empty. */
  drop(ref: ObjectRef): void;
  /** Calls back after each change is on disk, in order. */
  onChange(listener: (change: ObjectChange) => void): () => void;
}

/** Their deletion ends when what stands behind them has ended, and somebody calls `drop`. */
const endedByController = new Set(["Pod", "Namespace"]);

const PVC_PROTECTION = "kubernetes.io/pvc-protection";
const keyOf = ({ apiVersion, kind, namespace, name }: ObjectRef) => `${apiVersion}|${kind}|${namespace ?? ""}|${name}`;

export function openObjects(database: Database, clock: Pick<Clock, "now">, uid: () => string): Objects {
  const byKey = new Map<string, StoredObject>();
  const byKind = new Map<string, Set<string>>();
  const byNamespace = new Map<string, Set<string>>();
  const listeners = new Set<(change: ObjectChange) => void>();
  const untold: ObjectChange[] = [];
  let telling = false;
  let version = database.version();
  for (const { key, stored } of database.objects()) index(key, stored);

  function index(key: string, stored: StoredObject): void {
    const { apiVersion, kind, metadata } = stored.object;
    byKey.set(key, stored);
    groupIn(byKind, `${apiVersion}|${kind}`).add(key);
    groupIn(byNamespace, metadata.namespace ?? "").add(key);
  }

  const objectsOf = (keys: Iterable<string> = []): KubeObject[] =>
    [...keys].flatMap((key) => byKey.get(key)?.object ?? []);

  function save(stored: StoredObject, durable: boolean): KubeObject {
    const key = keyOf(refOf(stored.object));
    const before = byKey.get(key)?.object;
    version += 1;
    const object = { ...stored.object, metadata: { ...stored.object.metadata, resourceVersion: String(version) } };
    database.put(key, { ...stored, object }, version, durable);
    index(key, { ...stored, object });
    tell({ type: "present", object, ...(before ? { before } : {}) });
    return object;
  }

  function forget(object: KubeObject): KubeObject {
    const key = keyOf(refOf(object));
    version += 1;
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    database.delete(key, version);
    byKey.delete(key);
    byKind.get(`${object.apiVersion}|${object.kind}`)?.delete(key);
    byNamespace.get(object.metadata.namespace ?? "")?.delete(key);
    tell({ type: "gone", object: last });
    return last;
  }

  /** In order for everybody: a listener that changes something is heard after all have heard what it acts on. */
  function tell(change: ObjectChange): void {
    untold.push(change);
    if (telling) return;
    telling = true;
    try {
      for (let next = untold.shift(); next !== undefined; next = untold.shift())
        for (const listener of listeners) listener(next);
    } finally {
      telling = false;
    }
  }

  /** Saves, or ends the object when this change took away the last thing that held back its deletion. */
  function settle(stored: StoredObject, durable = true): KubeObject {
    const { kind, metadata } = stored.object;
    const released =
      metadata.deletionTimestamp !== undefined && !metadata.finalizers?.length && !endedByController.has(kind);
    return released ? forget(stored.object) : save(stored, durable);
  }

  function createNew(object: KubeObject, claims: KubeObject | undefined): KubeObject {
    const { kind, metadata } = object;
    expectNamespace(object);
    const finalizers =
      kind === "PersistentVolumeClaim"
        ? [...new Set([...(metadata.finalizers ?? []), PVC_PROTECTION])]
        : metadata.finalizers;
    const made: KubeMetadata = {
      ...metadata,
      ...(finalizers?.length ? { finalizers } : {}),
      uid: uid(),
      creationTimestamp: timestampOf(clock.now()),
      ...(kindOf(object)?.generation === false ? {} : { generation: 1 }),
    };
    const status =
      kind === "Namespace" ? { phase: "Active" } : kind === "PersistentVolumeClaim" ? { phase: "Bound" } : undefined;
    return save(
      { object: { ...object, metadata: made, ...(status ? { status } : {}) }, applied: claims },
      claims !== undefined,
    );
  }

  function expectNamespace(object: KubeObject): void {
    const { namespace } = object.metadata;
    if (namespace === undefined) return;
    const found = byKey.get(keyOf({ apiVersion: "v1", kind: "Namespace", name: namespace }))?.object;
    if (!found) throw new Refusal("not-found", `There is no namespace ${namespace}; create it first.`);
    if (found.metadata.deletionTimestamp !== undefined)
      throw new Refusal(
        "not-possible-now",
        `${refText(refOf(object))} cannot be created: namespace ${namespace} is being terminated.`,
      );
  }

  function stored(ref: ObjectRef): StoredObject {
    const found = byKey.get(keyOf(ref));
    if (!found) throw new Refusal("not-found", `There is no ${refText(ref)}.`);
    return found;
  }

  return {
    get: (ref) => byKey.get(keyOf(ref))?.object,
    list: ({ apiVersion, kind, namespace, labels = {} }) =>
      objectsOf(byKind.get(`${apiVersion}|${kind}`)).filter(
        ({ metadata }) =>
          (namespace === undefined || metadata.namespace === namespace) &&
          Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ),
    within: (namespace) => objectsOf(byNamespace.get(namespace)),
    all: () => objectsOf(byKey.keys()),

    apply(object) {
      const faults = faultsOf(object);
      if (faults.length > 0)
        throw new Refusal("invalid-input", `The object is not valid: ${faults.map(inWords).join("; ")}.`, {
          errors: faults,
        });
      const next = claimed(object);
      const ref = refOf(next);
      const found = byKey.get(keyOf(ref));
      expectVersion(ref, found?.object, object.metadata.resourceVersion);
      if (object.metadata.uid !== undefined && object.metadata.uid !== found?.object.metadata.uid)
        throw new Refusal("conflict", `${refText(ref)} is not the object with uid ${object.metadata.uid} any more.`);
      if (!found) return createNew(next, next);

      const merged = applied(found.object, found.applied, next);
      expectAllowed(found.object, merged);
      const changed = !isSame(contentOf(merged), contentOf(found.object));
      if (!changed && isSame(merged.metadata, found.object.metadata)) {
        // Fields may have become ours that had these values already: nothing for anybody to see, so no new version.
        if (!isSame(next, found.applied)) {
          database.put(keyOf(ref), { object: found.object, applied: next }, version, true);
          index(keyOf(ref), { object: found.object, applied: next });
        }
        return found.object;
      }
      return settle({ object: changed ? withNextGeneration(merged) : merged, applied: next });
    },

    create(object) {
      if (byKey.has(keyOf(refOf(object)))) throw new Refusal("conflict", `${refText(refOf(object))} exists already.`);
      return createNew(object, undefined);
    },

    updateStatus(ref, status, resourceVersion) {
      const found = stored(ref);
      expectVersion(ref, found.object, resourceVersion);
      if (isSame(found.object.status, status)) return found.object;
      return save({ ...found, object: { ...found.object, status } }, false);
    },

    remove(ref) {
      const found = byKey.get(keyOf(ref));
      if (!found || found.object.metadata.deletionTimestamp !== undefined) return;
      const marked = withNextGeneration({
        ...found.object,
        metadata: { ...found.object.metadata, deletionTimestamp: timestampOf(clock.now()) },
      });
      settle({
        ...found,
        object: ref.kind === "Namespace" ? { ...marked, status: { phase: "Terminating" } } : marked,
      });
    },

    removeFinalizer(ref, finalizer) {
      const found = byKey.get(keyOf(ref));
      if (!found?.object.metadata.finalizers?.includes(finalizer)) return;
      settle({
        object: withoutFinalizer(found.object, finalizer),
        applied: withoutFinalizer(found.applied, finalizer),
      });
    },

    drop(ref) {
      const found = byKey.get(keyOf(ref));
      if (found?.object.metadata.deletionTimestamp !== undefined && !found.object.metadata.finalizers?.length)
        forget(found.object);
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function groupIn(groups: Map<string, Set<string>>, name: string): Set<string> {
  const group = groups.get(name) ?? new Set();
  groups.set(name, group);
  return group;
}

function expectVersion(ref: ObjectRef, found: KubeObject | undefined, expected: string | undefined): void {
  if (expected === undefined || expected === (found?.metadata.resourceVersion ?? "")) return;
  throw new Refusal("conflict", `${refText(ref)} was changed at the same time; read it again and repeat.`);
}

function expectAllowed(before: KubeObject, after: KubeObject): void {
  const ref = refText(refOf(before));
  for (const path of kindOf(before)?.immutable ?? [])
    if (!isSame(fieldAt(before, path), fieldAt(after, path)))
      throw new Refusal("invalid-input", `${path.join(".")} of ${ref} cannot change; delete it and create it anew.`);
  const added = after.metadata.finalizers?.some((finalizer) => !before.metadata.finalizers?.includes(finalizer));
  if (before.metadata.deletionTimestamp !== undefined && added)
    throw new Refusal("invalid-input", `${ref} is being deleted; it takes no new finalizers.`);
}

const withNextGeneration = (object: KubeObject): KubeObject =>
  object.metadata.generation === undefined
    ? object
    : { ...object, metadata: { ...object.metadata, generation: object.metadata.generation + 1 } };

function withoutFinalizer<T extends KubeObject | undefined>(object: T, finalizer: string): T {
  if (!object) return object;
  const { finalizers = [], ...metadata } = object.metadata;
  const rest = finalizers.filter((one) => one !== finalizer);
  return { ...object, metadata: { ...metadata, ...(rest.length > 0 ? { finalizers: rest } : {}) } };
}

const inWords = ({ path, message }: { path: string; message: string }) => `${path} ${message}`;
