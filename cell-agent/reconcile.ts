import { Refusal } from "#core/errors.ts";
import { NetworkId } from "#core/model/ids.ts";
import { compareFences, managerOf, NetworkInstance } from "#core/model/instance.ts";
import { type KubeObject, refOf } from "#core/model/kube-object.ts";
import type { Observed } from "#core/model/network.ts";
import { plans } from "#core/model/plan.ts";
import { services } from "#core/workload.ts";
import { type Acted, act } from "./act.ts";
import { holdOf, isHeld } from "./blockers-of.ts";
import { TEARDOWN_FINALIZER } from "./cell.ts";
import { labelsOf } from "./manifests/labels.ts";
import { manifestsOf } from "./manifests-of.ts";
import type { Material } from "./network-material.ts";
import type { Operator } from "./operator.ts";
import { isPaused, pausedStatusOf } from "./paused.ts";
import { report } from "./report.ts";
import { type Finding, pendingStatusOf, statusOf } from "./status-of.ts";
import type { Grounds } from "./steady.ts";
import { instanceRef } from "./take-order.ts";
import { blockersOf, tearDown } from "./tear-down.ts";
import { CLAIM, claimedOf, decideVolume, type Volume, wantsMore } from "./volume.ts";
import type { Outcome } from "./work-queue.ts";
import { componentOf, workloadState } from "./workload-state.ts";

/** The end of a namespace wakes us; this is for the case that its event is lost. */
const LOOK_AGAIN_MS = 2_000;

/** Brings one network to its instance. It is given only a name, so it cannot act on a stale event. */
export async function reconcile(operator: Operator, name: string): Promise<Outcome> {
  const { objects, tombstones, cluster, contacts, materials, secrets, journal, repairs, steady } = operator;
  const instance = objects.instance(name);
  if (!instance) {
    contacts.forget(name);
    materials.forget(name);
    secrets.forget(name);
    repairs.forget(name);
    steady.forget(name);
    const network = NetworkId.safeParse(name.replace("-", "_"));
    if (network.success) journal.drop(network.data);
    return {};
  }
  if (instance.metadata.deletionTimestamp !== undefined) return tearDown(operator, instance);
  const tombstone = managerOf(instance) === "kubectl" ? undefined : tombstones.of(name);
  if (tombstone && compareFences(instance.spec, tombstone) <= 0) {
    await cluster.remove(instanceRef(instance.spec.network));
    return {};
  }
  if (isPaused(instance)) {
    const now = operator.clock.now();
    const before = journal.read(instance.spec.network) ?? instance.status ?? pendingStatusOf(instance, now);
    await report(operator, instance, pausedStatusOf(instance, { before, now }));
    return {};
  }
  return converge(operator, await claimed(operator, instance));
}

/** The instance with our finalizer. What people wrote stays theirs: of such an instance nothing else is applied. */
async function claimed({ cluster, objects }: Operator, instance: NetworkInstance): Promise<NetworkInstance> {
  const { apiVersion, kind, metadata, spec } = instance;
  const { name, resourceVersion, finalizers = [] } = metadata;
  if (finalizers.includes(TEARDOWN_FINALIZER)) return instance;
  const applied = await cluster.apply({
    ...{ apiVersion, kind },
    metadata: {
      name,
      finalizers: [TEARDOWN_FINALIZER],
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    ...(managerOf(instance) === "kubectl" ? {} : { spec }),
  });
  objects.learn(applied);
  return NetworkInstance.parse(applied);
}

async function converge(operator: Operator, instance: NetworkInstance): Promise<Outcome> {
  const { materials, objects, contacts, secrets } = operator;
  const { name } = instance.metadata;
  const material = await materials.of(name, instance.spec.network, {
    rotation: instance.spec.spec.rotation ?? 0,
    sealedWith: contacts.of(name).orchestrator?.sealedWith,
  });
  const volume = await volumeOf(operator, instance);
  const namespace = objects.of(name).find(({ kind }) => kind === "Namespace");
  const dying = namespace?.metadata.deletionTimestamp !== undefined;
  const acted: Acted = dying
    ? { failure: await dyingNamespace(operator, namespace), notes: [], isSteady: false }
    : await actUnlessSteady(operator, { instance, material, volume });

  const refused = acted.failure === null ? await grow(operator, name, volume) : [];
  const sized = refused.length > 0 ? refused : volume.note ? [volume.note] : [];
  const notes = [...sized, ...acted.notes, ...heldNotes(objects.of(name))];
  const observed = look(operator, instance, { material, applyFailure: acted.failure, notes });
  contacts.follow(name, {
    namespace: name,
    addresses: material.addresses,
    access: instance.spec.access,
    certificate: material.certificate,
    expectOpen: observed.expectOpen,
  });
  const reportMs = await report(operator, instance, observed.status);
  if (dying) return { againMs: LOOK_AGAIN_MS };
  if (acted.failure) throw acted.failure;
  return { againMs: Math.min(secrets.dueIn(name), ...[acted.againMs, reportMs].filter((one) => one !== undefined)) };
}

async function actUnlessSteady(
  operator: Operator,
  on: Pick<Grounds, "instance" | "material" | "volume">,
): Promise<Acted> {
  const { objects, cell, authorities, secrets, steady } = operator;
  const { instance, material, volume } = on;
  const { name } = instance.metadata;
  const grounds = () => ({ ...on, owned: objects.of(name) });
  // The cluster's Secrets are no grounds, since they are not watched: when it is time to look at them, all is looked at.
  if (secrets.dueIn(name) > 0 && steady.holds(name, grounds())) return { failure: null, notes: [], isSteady: true };
  const acted = await act(operator, name, manifestsOf(instance, { cell, authorities, ...material, volume }));
  if (acted.isSteady) steady.remember(name, grounds());
  else steady.forget(name);
  return acted;
}

/** Somebody deleted an object of a network, and a finalizer keeps it: it works on, and cannot be made anew before it is gone. */
const heldNotes = (owned: readonly KubeObject[]): Finding[] =>
  owned
    .filter((object) => object.kind !== "Namespace" && isHeld(object))
    .map((object) => ({ type: "Held", status: "True", reason: "DeletedByOthers", message: holdOf(object) }) as const)
    .slice(0, 1);

/** A stranger deleted the namespace: nothing can be made in it, and it is made anew when it is gone. */
async function dyingNamespace(operator: Operator, namespace: KubeObject): Promise<Refusal> {
  operator.secrets.forget(namespace.metadata.name);
  const whole = (await operator.cluster.get(refOf(namespace))) ?? namespace;
  const [blocker] = await blockersOf(operator, whole);
  return new Refusal(
    "not-possible-now",
    blocker ?? "somebody deleted its namespace, which is made anew when it is gone",
  );
}

/** The sizes of the volume, after it was asked to grow where it may. */
async function volumeOf({ cluster, objects }: Operator, { metadata, spec }: NetworkInstance): Promise<Volume> {
  const planned = plans[spec.spec.plan].storageGiB;
  const claimed = claimedOf(objects.of(metadata.name));
  if (!wantsMore(planned, claimed)) return decideVolume(planned, claimed, { expandable: false });
  const storageClass = claimed?.storageClass;
  const found =
    storageClass === undefined
      ? undefined
      : await cluster.get({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name: storageClass });
  const expandable = storageClass === undefined || found?.allowVolumeExpansion === true;
  return decideVolume(planned, claimed, { expandable });
}

/** Asks for a larger volume; a refusal is a note, since the network runs on with what it has. */
async function grow({ cluster, objects }: Operator, name: string, { grow: gib }: Volume): Promise<Finding[]> {
  if (gib === undefined) return [];
  try {
    const claim = await cluster.apply({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: CLAIM, namespace: name, labels: labelsOf(name, "nats") },
      spec: { resources: { requests: { storage: `${gib}Gi` } } },
    });
    objects.learn(claim);
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [
      {
        type: "VolumeSized",
        status: "False",
        reason: "Refused",
        message: `the volume stays as it is: ${error.message}`,
      },
    ];
  }
}

function look(
  { objects, contacts, journal, clock }: Operator,
  instance: NetworkInstance,
  { material, applyFailure, notes }: { material: Material; applyFailure: Refusal | null; notes: readonly Finding[] },
): { status: Observed; expectOpen: boolean } {
  const { name } = instance.metadata;
  const owned = objects.of(name);
  const pods = owned.filter(({ kind }) => kind === "Pod");
  const stateOf = (kind: string, program: string) =>
    workloadState(
      owned.find((object) => object.kind === kind && object.metadata.name === program),
      pods.filter((pod) => componentOf(pod) === program),
    );
  const broker = stateOf("StatefulSet", services.nats);
  const orchestrator = stateOf("Deployment", services.orchestrator);
  const status = statusOf(instance, {
    applyFailure: applyFailure && `the cluster refused: ${applyFailure.message}`,
    broker,
    orchestrator,
    contact: contacts.of(name),
    secrets: {
      rotation: material.keys.rotation,
      inUse: material.keys.sealingKeyPrevious === undefined,
      certificate: material.certificate,
    },
    endpoints: { api: material.addresses.api.url, nats: material.addresses.nats.url },
    notes,
    previous: journal.read(instance.spec.network) ?? instance.status,
    now: clock.now(),
  });
  return { status, expectOpen: broker.done && orchestrator.done };
}
