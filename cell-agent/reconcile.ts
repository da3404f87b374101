import { Refusal } from "#core/errors.ts";
import { NetworkId } from "#core/model/ids.ts";
import { compareFences, type NetworkInstance } from "#core/model/instance.ts";
import { type KubeObject, refOf, refText } from "#core/model/kube-object.ts";
import type { Observed } from "#core/model/network.ts";
import { services } from "#core/workload.ts";
import { manifestsOf } from "./manifests-of.ts";
import type { Material } from "./network-material.ts";
import type { Operator } from "./operator.ts";
import { appliedHashOf, describePlan, isSteady, plan } from "./plan.ts";
import { report } from "./report.ts";
import { statusOf } from "./status-of.ts";
import { instanceRef } from "./take-order.ts";
import { tearDown } from "./tear-down.ts";
import type { Outcome } from "./work-queue.ts";
import { componentOf, workloadState } from "./workload-state.ts";

/** Brings one network to its instance. It is given only a name, so it cannot act on a stale event. */
export async function reconcile(operator: Operator, name: string): Promise<Outcome> {
  const { objects, tombstones, cluster, contacts, materials, secrets, journal } = operator;
  const instance = objects.instance(name);
  if (!instance) {
    contacts.forget(name);
    materials.forget(name);
    secrets.forget(name);
    const network = NetworkId.safeParse(name.replace("-", "_"));
    if (network.success) journal.drop(network.data);
    return {};
  }
  if (instance.metadata.deletionTimestamp !== undefined) return tearDown(operator, instance);
  const tombstone = tombstones.of(name);
  if (tombstone && compareFences(instance.spec, tombstone) <= 0) {
    await cluster.remove(instanceRef(instance.spec.network));
    return {};
  }
  return converge(operator, instance);
}

async function converge(operator: Operator, instance: NetworkInstance): Promise<Outcome> {
  const { materials, secrets, objects, contacts, cell, authorities } = operator;
  const { name } = instance.metadata;
  const material = await materials.of(name, instance.spec.network, {
    rotation: instance.spec.spec.rotation ?? 0,
    sealedWith: contacts.of(name).orchestrator?.sealedWith,
  });
  const stages = manifestsOf(instance, { cell, authorities, ...material });
  const owned = objects.of(name);
  const hashes = new Map(owned.map((object) => [refText(refOf(object)), appliedHashOf(object)]));
  const isNew = !owned.some(({ kind }) => kind === "Namespace");
  const secretHashes = isNew ? new Map<string, string>() : await secrets.of(name, stages.flat().filter(isSecret));
  const planned = plan(stages, (ref) => secretHashes.get(ref) ?? hashes.get(ref));

  const failure = isSteady(planned) ? undefined : await applyAll(operator, name, planned.apply);
  const observed = look(operator, instance, { material, applyFailure: failure ?? null });
  contacts.follow(name, {
    namespace: name,
    addresses: material.addresses,
    access: instance.spec.access,
    certificate: material.certificate,
    expectOpen: observed.expectOpen,
  });
  await report(operator, instance, observed.status);
  if (failure) throw failure;
  return {};
}

/** Applies stage after stage; answers the failure that ended it. */
async function applyAll(
  { cluster, objects, secrets, log }: Operator,
  name: string,
  stages: readonly (readonly KubeObject[])[],
): Promise<Refusal | undefined> {
  log("debug", "applying", { instance: name, objects: describePlan({ apply: stages }) });
  try {
    for (const stage of stages) {
      const applied = await Promise.all(stage.map((object) => cluster.apply(object)));
      for (const object of applied) {
        if (isSecret(object)) secrets.learn(name, object);
        else objects.learn(object);
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function look(
  { objects, contacts, journal, clock }: Operator,
  instance: NetworkInstance,
  { material, applyFailure }: { material: Material; applyFailure: Refusal | null },
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
    previous: journal.read(instance.spec.network) ?? instance.status,
    now: clock.now(),
  });
  return { status, expectOpen: broker.done && orchestrator.done };
}

const isSecret = ({ kind }: KubeObject): boolean => kind === "Secret";
