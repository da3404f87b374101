import type { NetworkInstance } from "#core/model/instance.ts";
import { blockersOf } from "./blockers-of.ts";
import { TEARDOWN_FINALIZER } from "./cell.ts";
import { credentialsRef } from "./keys/credentials.ts";
import { networkKeysRef } from "./keys/network-keys.ts";
import type { Operator } from "./operator.ts";
import { report } from "./report.ts";
import { deletingStatusOf } from "./status-of.ts";
import { instanceRef } from "./take-order.ts";
import type { Outcome } from "./work-queue.ts";

/** The end of a namespace wakes us; this is for the case that its event is lost. */
const LOOK_AGAIN_MS = 2_000;

/**
 * Takes a network away: its namespace with all in it, then its keys, at last the instance. The tombstone is there before the
 * instance goes, so no late order brings it back; each step may be the last before a crash, and is found done the next time.
 */
export async function tearDown(operator: Operator, instance: NetworkInstance): Promise<Outcome> {
  const { cluster, clock, contacts, journal, materials, secrets, tombstones, objects } = operator;
  const { name, finalizers = [] } = instance.metadata;
  const { network } = instance.spec;
  contacts.forget(name);
  const ref = { apiVersion: "v1", kind: "Namespace", name };
  const namespace = await cluster.get(ref);
  if (namespace) {
    if (namespace.metadata.deletionTimestamp === undefined) await cluster.remove(ref);
    const blockers = blockersOf(namespace, objects.of(name));
    const previous = journal.read(network) ?? instance.status;
    await report(operator, instance, deletingStatusOf(instance, { blockers, previous, now: clock.now() }));
    return { againMs: LOOK_AGAIN_MS };
  }
  await cluster.remove(credentialsRef(name));
  await cluster.remove(networkKeysRef(name));
  materials.forget(name);
  secrets.forget(name);
  await tombstones.set(name, instance.spec);
  if (finalizers.includes(TEARDOWN_FINALIZER)) await cluster.removeFinalizer(instanceRef(network), TEARDOWN_FINALIZER);
  if ((await cluster.get(instanceRef(network))) === undefined) journal.drop(network);
  return {};
}
