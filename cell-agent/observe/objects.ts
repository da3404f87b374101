import { objectNameOf } from "#core/model/ids.ts";
import { INSTANCE_KIND, NetworkInstance } from "#core/model/instance.ts";
import { type KubeObject, refOf, refText } from "#core/model/kube-object.ts";
import type { Cluster, Log, ObjectQuery } from "#core/ports.ts";
import { NETWORK_LABEL } from "../cell.ts";
import { essenceOf, type HeldObject, isSameEssence } from "./essence-of.ts";
import { watched } from "./kinds.ts";
import { shareLabels } from "./share-labels.ts";

/** What the agent knows of the cluster by watching it. */
export interface Objects {
  /** Resolves when everything has been seen once. */
  readonly synced: Promise<void>;
  /** The kinds that have not been seen yet. */
  unseen(): string[];
  instances(): NetworkInstance[];
  instance(name: string): NetworkInstance | undefined;
  /** Everything of one network, its instance apart. */
  of(instance: string): HeldObject[];
  /** Takes over at once what an apply answered, before the watch tells it. */
  learn(object: KubeObject): void;
}

/** Holds what the watches tell, by network; calls `onChange` with the name of the network that something changed in. */
export function watchObjects(options: {
  cluster: Pick<Cluster, "watch">;
  log: Log;
  signal: AbortSignal;
  onChange: (instance: string) => void;
}): Objects {
  const { cluster, log, signal, onChange } = options;
  const instances = new Map<string, NetworkInstance>();
  const owned = new Map<string, Map<string, HeldObject>>();
  const unseen = new Set(watched.map(({ kind }) => kind));

  /** Answers whether a pass would see anything new. */
  function learn(object: KubeObject): boolean {
    if (object.kind === INSTANCE_KIND) {
      const parsed = NetworkInstance.safeParse(object);
      if (parsed.success && objectNameOf(parsed.data.spec.network) === object.metadata.name)
        instances.set(object.metadata.name, newerOf(instances.get(object.metadata.name), withoutOwners(parsed.data)));
      else log("warn", "an instance that is not understood is left alone", { instance: object.metadata.name });
      return true;
    }
    const instance = instanceOf(object);
    const objects = owned.get(instance) ?? new Map<string, HeldObject>();
    const ref = refText(refOf(object));
    const before = objects.get(ref);
    const now = newerOf(before, shareLabels(essenceOf(object), objects.values()));
    owned.set(instance, objects.set(ref, now));
    return before === undefined || !isSameEssence(before, now);
  }

  function isHeld(object: KubeObject): boolean {
    const { name, uid, resourceVersion } = object.metadata;
    const held =
      object.kind === INSTANCE_KIND ? instances.get(name) : owned.get(instanceOf(object))?.get(refText(refOf(object)));
    return held !== undefined && held.metadata.uid === uid && held.metadata.resourceVersion === resourceVersion;
  }

  function forget(object: KubeObject): void {
    // What came anew under the same name stays.
    const { uid, name } = object.metadata;
    if (object.kind === INSTANCE_KIND) {
      if (instances.get(name)?.metadata.uid === uid) instances.delete(name);
      return;
    }
    const objects = owned.get(instanceOf(object));
    const ref = refText(refOf(object));
    if (objects?.get(ref)?.metadata.uid === uid) objects?.delete(ref);
    if (objects?.size === 0) owned.delete(instanceOf(object));
  }

  const held = ({ kind }: ObjectQuery): KubeObject[] =>
    kind === INSTANCE_KIND
      ? ([...instances.values()] as unknown as KubeObject[])
      : [...owned.values()].flatMap((objects) => [...objects.values()].filter((object) => object.kind === kind));

  function watchKind(query: ObjectQuery): Promise<void> {
    return new Promise((resolve) => {
      /** Held when the watch began anew, and not told again yet. */
      const doubtful = new Map<string | undefined, KubeObject>();
      const dropDoubtful = (): void => {
        for (const object of doubtful.values()) {
          forget(object);
          onChange(instanceOf(object));
        }
        doubtful.clear();
      };
      cluster.watch(
        query,
        (event) => {
          if (event.type === "begins") {
            for (const object of held(query)) doubtful.set(object.metadata.uid, object);
            return;
          }
          if (event.type === "synced") {
            dropDoubtful();
            unseen.delete(query.kind);
            return resolve();
          }
          doubtful.delete(event.object.metadata.uid);
          // Most of what a watch tells is what we have just done, or nothing that a pass looks at.
          if (event.type === "present" && (isHeld(event.object) || !learn(event.object))) return;
          if (event.type === "gone") forget(event.object);
          onChange(instanceOf(event.object));
        },
        signal,
      );
    });
  }

  return {
    synced: Promise.all(watched.map(watchKind)).then(() => undefined),
    unseen: () => [...unseen],
    instances: () => [...instances.values()],
    instance: (name) => instances.get(name),
    of: (name) => [...(owned.get(name)?.values() ?? [])],
    learn: (object) => void learn(object),
  };
}

/**
 * The newer of two states of an object. The answer of an apply and the watch come on two connections, so the older one may come
 * last; what took its place would never be told again. Versions of one object rise, as numbers.
 */
function newerOf<T extends { metadata: { uid?: unknown; resourceVersion?: string | undefined } }>(
  held: T | undefined,
  heard: T,
): T {
  if (!held || held.metadata.uid !== heard.metadata.uid) return heard;
  const [before, now] = [held.metadata.resourceVersion, heard.metadata.resourceVersion].map(Number);
  return before !== undefined && now !== undefined && before > now ? held : heard;
}

/** The list of who owns which field is longer than the rest, and no pass reads it. */
function withoutOwners(instance: NetworkInstance): NetworkInstance {
  const { managedFields: _owners, ...metadata } = instance.metadata;
  return { ...instance, metadata };
}

const instanceOf = (object: KubeObject): string =>
  object.kind === INSTANCE_KIND ? object.metadata.name : (object.metadata.labels?.[NETWORK_LABEL] ?? "");
