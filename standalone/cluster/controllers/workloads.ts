import { randomBytes } from "node:crypto";
import { type KubeObject, type ObjectRef, refOf } from "#core/model/kube-object.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { Objects } from "../objects/objects.ts";
import type { Deployment, Pod, StatefulSet, Template } from "../objects/shapes.ts";
import { collectOrphan, finishNamespace, ownedBy, releaseClaim } from "./collect.ts";
import { planDeployment, TEMPLATE_HASH, templateHash } from "./deployment.ts";
import { planStatefulSet, REVISION } from "./stateful-set.ts";

/** How often everything is looked at without a reason: repairs what a lost wake-up missed. */
const SWEEP_MS = 10_000;

/**
 * The controllers: woken by name when an object or something near it changes, and by a slow sweep. All they do is
 * synchronous, so each acts on the newest state and none runs beside itself.
 */
export function startControllers(objects: Objects, clock: Clock, log: Log): () => void {
  const queue = new Map<string, ObjectRef>();
  let scheduled: NodeJS.Immediate | undefined;
  const timers = new Set<NodeJS.Timeout>();

  const wake = (object: KubeObject | ObjectRef) => {
    const ref = "metadata" in object ? refOf(object) : object;
    queue.set(`${ref.kind}|${ref.namespace ?? ""}|${ref.name}`, ref);
    scheduled ??= setImmediate(run);
  };
  const wakeNamespace = (name: string) => wake({ apiVersion: "v1", kind: "Namespace", name });

  function run(): void {
    scheduled = undefined;
    const batch = [...queue.values()];
    queue.clear();
    for (const ref of batch) reconcile(ref);
  }

  function reconcile(ref: ObjectRef): void {
    const object = objects.get(ref);
    if (!object) return;
    collectOrphan(objects, object);
    if (ref.kind === "Namespace") finishNamespace(objects, ref.name);
    if (ref.kind === "PersistentVolumeClaim") releaseClaim(objects, object);
    if (ref.kind === "Deployment") reconcileDeployment(object as Deployment);
    if (ref.kind === "StatefulSet") reconcileStatefulSet(object as StatefulSet);
  }

  function reconcileDeployment(deployment: Deployment): void {
    if (isEnding(objects, deployment)) return;
    const plan = planDeployment(deployment, podsOf(objects, deployment), clock.now());
    const hash = templateHash(deployment.spec.template);
    for (let left = plan.create; left > 0; left -= 1) {
      const name = `${deployment.metadata.name}-${hash}-${randomBytes(3).toString("hex")}`;
      objects.create(aPod(deployment, deployment.spec.template, name, { [TEMPLATE_HASH]: hash }));
    }
    for (const pod of plan.remove) objects.remove(refOf(pod));
    objects.updateStatus(refOf(deployment), plan.status);
    if (plan.again !== undefined) later(plan.again - clock.now(), () => wake(deployment));
  }

  function reconcileStatefulSet(set: StatefulSet): void {
    if (isEnding(objects, set)) return;
    const plan = planStatefulSet(set, podsOf(objects, set));
    for (const ordinal of plan.create) {
      const name = `${set.metadata.name}-${ordinal}`;
      const labels = { [REVISION]: templateHash(set.spec.template), "statefulset.kubernetes.io/pod-name": name };
      const pod = aPod(set, set.spec.template, name, labels);
      objects.create({ ...pod, spec: withClaims(objects, set, name) });
    }
    for (const pod of plan.remove) objects.remove(refOf(pod));
    objects.updateStatus(refOf(set), plan.status);
  }

  function later(milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, milliseconds);
    timers.add(timer);
  }

  const stop = objects.onChange(({ type, object }) => {
    const { namespace, ownerReferences = [], deletionTimestamp } = object.metadata;
    if (type === "present") wake(object);
    else for (const dependent of ownedBy(objects, object)) wake(dependent);
    if (namespace === undefined) return;
    for (const owner of ownerReferences) wake({ ...owner, namespace });
    if (type === "gone" || deletionTimestamp !== undefined) wakeNamespace(namespace);
    if (type === "gone" && object.kind === "Pod")
      for (const claim of objects.list({ apiVersion: "v1", kind: "PersistentVolumeClaim", namespace })) wake(claim);
  });
  const sweep = setInterval(() => {
    for (const object of objects.all()) wake(object);
    log("debug", "swept", { queued: queue.size });
  }, SWEEP_MS);
  for (const object of objects.all()) wake(object);

  return () => {
    stop();
    clearInterval(sweep);
    clearImmediate(scheduled);
    for (const timer of timers) clearTimeout(timer);
  };
}

/** Is the object, or the namespace around it, on its way out? Then nothing new is made for it. */
function isEnding(objects: Objects, { metadata }: KubeObject): boolean {
  const namespace = objects.get({ apiVersion: "v1", kind: "Namespace", name: metadata.namespace ?? "" });
  return metadata.deletionTimestamp !== undefined || namespace?.metadata.deletionTimestamp !== undefined;
}

const podsOf = (objects: Objects, owner: KubeObject): Pod[] =>
  objects
    .within(owner.metadata.namespace ?? "")
    .filter(
      ({ kind, metadata }) => kind === "Pod" && metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid),
    ) as Pod[];

function aPod(owner: KubeObject, template: Template, name: string, labels: Record<string, string>): KubeObject {
  const { namespace, uid = "" } = owner.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata.labels, ...labels },
      ...(template.metadata.annotations ? { annotations: template.metadata.annotations } : {}),
      ownerReferences: [
        { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid, controller: true },
      ],
    },
    spec: template.spec,
  };
}

/** The pod's spec with a claim of its own per claim template. The claims stay when the set goes. */
function withClaims(objects: Objects, set: StatefulSet, pod: string): StatefulSet["spec"]["template"]["spec"] {
  const { template, volumeClaimTemplates = [] } = set.spec;
  const { namespace } = set.metadata;
  const volumes = volumeClaimTemplates.map(({ metadata, spec }) => {
    const claimName = `${metadata.name}-${pod}`;
    const ref = { apiVersion: "v1", kind: "PersistentVolumeClaim", name: claimName };
    if (namespace !== undefined && !objects.get({ ...ref, namespace }))
      objects.create({
        apiVersion: ref.apiVersion,
        kind: ref.kind,
        metadata: { name: claimName, namespace, labels: { ...metadata.labels, ...set.spec.selector.matchLabels } },
        spec,
      });
    return { name: metadata.name, persistentVolumeClaim: { claimName } };
  });
  return { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...volumes] };
}
