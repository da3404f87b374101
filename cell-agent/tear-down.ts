import { Refusal, retryableKinds } from "#core/errors.ts";
import type { NetworkInstance } from "#core/model/instance.ts";
import { managerOf } from "#core/model/instance.ts";
import type { KubeObject, ObjectRef } from "#core/model/kube-object.ts";
import { heldOf, holdOf, isHeld, saidOf } from "./blockers-of.ts";
import { APPLIED_HASH, TEARDOWN_FINALIZER } from "./cell.ts";
import { networkSecretsRef } from "./keys/network-secrets.ts";
import type { Operator } from "./operator.ts";
import { isPaused, pausedMessage } from "./paused.ts";
import { report } from "./report.ts";
import { deletingStatusOf } from "./status-of.ts";
import { instanceRef } from "./take-order.ts";
import type { Outcome } from "./work-queue.ts";

/** The end of a namespace wakes us; this is for what is said of one that does not go. */
const LOOK_AGAIN_MS = 2_000;

/**
 * Takes a network away: its namespace with all in it, then its keys, at last the instance. The tombstone is there before the
 * instance goes, so no late order brings it back; each step may be the last before a crash, and is found done the next time.
 */
export async function tearDown(operator: Operator, instance: NetworkInstance): Promise<Outcome> {
  const { cluster, contacts, journal, materials, secrets, tombstones, repairs } = operator;
  const { name, finalizers = [] } = instance.metadata;
  const { network } = instance.spec;
  contacts.forget(name);
  if (isPaused(instance)) {
    await tellBlocked(operator, instance, [`NetworkInstance ${name} is ${pausedMessage}`]);
    return {};
  }
  const ref = { apiVersion: "v1", kind: "Namespace", name };
  const namespace = await namespaceOf(operator, ref);
  if (namespace && isOurs(namespace)) {
    const refused = namespace.metadata.deletionTimestamp === undefined ? await removeNamespace(operator, ref) : [];
    await tellBlocked(operator, instance, [...refused, ...(await blockersOf(operator, namespace))]);
    return { againMs: LOOK_AGAIN_MS };
  }
  await cluster.remove(networkSecretsRef(name));
  materials.forget(name);
  secrets.forget(name);
  repairs.forget(name);
  // What people delete they may write again; only orders come late.
  if (managerOf(instance) === "control-plane") await tombstones.set(name, instance.spec);
  if (finalizers.includes(TEARDOWN_FINALIZER)) await cluster.removeFinalizer(instanceRef(network), TEARDOWN_FINALIZER);
  const left = await cluster.get(instanceRef(network));
  if (left === undefined || left.metadata.uid !== instance.metadata.uid) {
    journal.drop(network);
    return {};
  }
  if (isHeld(left)) await tellBlocked(operator, instance, [holdOf(left)]);
  return { againMs: LOOK_AGAIN_MS };
}

/**
 * While it goes, as the watch has it: everything in it that goes before it wakes us, some forty times. Only to say who holds it, and whether
 * there is none, the cluster is asked.
 */
async function namespaceOf({ cluster, objects }: Operator, ref: ObjectRef): Promise<KubeObject | undefined> {
  const held = objects.of(ref.name).find(({ kind }) => kind === "Namespace");
  return held?.metadata.deletionTimestamp !== undefined && !isHeld(held) ? held : cluster.get(ref);
}

/** One of the same name that was never handed over has nothing of ours in it, and stays. */
const isOurs = ({ metadata }: KubeObject): boolean => metadata.annotations?.[APPLIED_HASH] !== undefined;

/** What the cluster says against it: somebody took the label of tenants away, and with it our right to touch it. */
async function removeNamespace({ cluster }: Operator, ref: ObjectRef): Promise<string[]> {
  try {
    await cluster.remove(ref);
    return [];
  } catch (error) {
    if (!(error instanceof Refusal) || retryableKinds.includes(error.kind)) throw error;
    return [error.message];
  }
}

async function tellBlocked(operator: Operator, instance: NetworkInstance, blockers: readonly string[]): Promise<void> {
  const previous = operator.journal.read(instance.spec.network) ?? instance.status;
  await report(operator, instance, deletingStatusOf(instance, { blockers, previous, now: operator.clock.now() }));
}

/** What keeps a namespace from going: objects that somebody else's finalizer holds, looked at whole, and what the cluster says. */
export async function blockersOf({ cluster, clock, objects }: Operator, namespace: KubeObject): Promise<string[]> {
  const held = await Promise.all(
    heldOf(namespace, objects.of(namespace.metadata.name)).map((ref) =>
      ref.kind === "Namespace" ? namespace : cluster.get(ref),
    ),
  );
  return [
    ...new Set([...held.flatMap((object) => (object ? [holdOf(object)] : [])), ...saidOf(namespace, clock.now())]),
  ];
}
