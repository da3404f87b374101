import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { refOf } from "#core/model/kube-object.ts";
import type { Objects } from "../objects/objects.ts";
import type { Pod } from "../objects/shapes.ts";
import type { Machine } from "./machine.ts";
import { claimFolder, type PodRunner, podKeyOf, runPod } from "./pod.ts";
import { removeFolder } from "./remove-folder.ts";

const LOG_CHECK_MS = 2_000;

/** Runs every pod there is. */
export interface Kubelet {
  localPort(pod: Pod, port: number | string): number | undefined;
  /** Ends every pod's processes within about this time; objects and folders stay, and the next start runs them again. */
  stop(graceMs: number): Promise<void>;
}

export function startKubelet(machine: Machine, objects: Objects): Kubelet {
  const runners = new Map<string, PodRunner>();
  const ending = new Set<string>();
  let stopped = false;

  function consider(pod: Pod): void {
    const key = podKeyOf(pod);
    const runner = runners.get(key);
    if (stopped || ending.has(key)) return;
    if (pod.metadata.deletionTimestamp === undefined) {
      if (!runner) runners.set(key, runPod(machine, objects, pod));
      return;
    }
    if (!runner && !machine.hasLeftover(key)) {
      objects.drop(refOf(pod));
      return;
    }
    // A pod that was on its way out when the cluster was killed is adopted first, to be ended properly.
    const last = runner ?? runPod(machine, objects, pod);
    ending.add(key);
    last
      .stop({ forget: true })
      .catch((error: unknown) => machine.log("error", "a pod did not end cleanly", { pod: key, why: String(error) }))
      .finally(() => {
        ending.delete(key);
        runners.delete(key);
        objects.drop(refOf(pod));
      });
  }

  removeForeign(machine.folder, objects);
  const unsubscribe = objects.onChange(({ type, object }) => {
    const { namespace = "", name } = object.metadata;
    if (object.kind === "Pod" && type === "present") consider(object as Pod);
    if (object.kind === "PersistentVolumeClaim" && type === "gone")
      removeFolder(claimFolder(machine.folder, namespace, name));
    if (["Secret", "ConfigMap", "PersistentVolumeClaim"].includes(object.kind) && type === "present")
      for (const pod of objects.within(namespace)) if (pod.kind === "Pod") runners.get(podKeyOf(pod as Pod))?.nudge();
  });
  for (const pod of objects.list({ apiVersion: "v1", kind: "Pod" })) consider(pod as Pod);
  const logs = setInterval(() => {
    for (const runner of runners.values()) runner.rotateLog();
  }, LOG_CHECK_MS);

  return {
    localPort: (pod, port) => {
      const runner = runners.get(podKeyOf(pod));
      return runner?.uid === pod.metadata.uid ? runner?.localPort(port) : undefined;
    },
    async stop(graceMs) {
      stopped = true;
      unsubscribe();
      clearInterval(logs);
      await Promise.all([...runners.values()].map((runner) => runner.stop({ forget: false, graceMs })));
    },
  };
}

/** Takes away folders of pods and claims that went while nobody was there to do it. */
function removeForeign(folder: string, objects: Objects): void {
  for (const [part, kind] of [
    ["pods", "Pod"],
    ["claims", "PersistentVolumeClaim"],
  ] as const) {
    const root = join(folder, part);
    if (!existsSync(root)) continue;
    for (const namespace of readdirSync(root))
      for (const name of readdirSync(join(root, namespace)))
        if (!objects.get({ apiVersion: "v1", kind, name, namespace })) removeFolder(join(root, namespace, name));
  }
}
