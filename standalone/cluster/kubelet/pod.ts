import { copyFileSync, mkdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { timestampOf } from "#core/model/time.ts";
import { since } from "../objects/condition.ts";
import type { Objects } from "../objects/objects.ts";
import type { Container, Pod, PodStatus, Volume } from "../objects/shapes.ts";
import { type ContainerRunner, runContainer } from "./container.ts";
import type { Machine } from "./machine.ts";
import { removeFolder } from "./remove-folder.ts";
import { filesOf, type ReadSource, sourcesOf, writeFiles } from "./volumes.ts";
import { Waiting } from "./waiting.ts";

/** A pod's log is moved aside, once, when it is larger. */
const LOG_BYTES = 1024 * 1024;
const DEFAULT_GRACE_SECONDS = 30;

export interface PodRunner {
  readonly uid: string | undefined;
  localPort(port: number | string): number | undefined;
  /** A Secret, a ConfigMap or a claim near it has changed: renews the files of its volumes. */
  nudge(): void;
  rotateLog(): void;
  /** Ends its containers, by default within its own grace period; `forget` takes its folder away too. */
  stop(how: { readonly forget: boolean; readonly graceMs?: number }): Promise<void>;
}

export const podKeyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;
export const claimFolder = (folder: string, namespace: string, name: string) => join(folder, "claims", namespace, name);

/** Runs a pod and keeps its status, until it is stopped. */
export function runPod(machine: Machine, objects: Objects, pod: Pod): PodRunner {
  const { name, namespace = "" } = pod.metadata;
  const ref = { apiVersion: "v1", kind: "Pod", name, namespace };
  const folder = join(machine.folder, "pods", namespace, name);
  const startTime = pod.status?.startTime ?? timestampOf(machine.clock.now());
  const { containers, initContainers, volumes = [], terminationGracePeriodSeconds } = pod.spec;
  const read: ReadSource = (kind, source) => objects.get({ apiVersion: "v1", kind, name: source, namespace });
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  const runners: ContainerRunner[] = [];
  const changed = () => {
    // Before all of them are there the first one may report already.
    if (runners.length < containers.length) return;
    const present = objects.get(ref) as Pod | undefined;
    if (present && present.metadata.uid === pod.metadata.uid)
      objects.updateStatus(ref, statusOf(present, runners, { startTime, now: machine.clock.now() }));
  };

  function folderOf(volume: Volume): string {
    const own = join(folder, "volumes", volume.name);
    const sources = sourcesOf(volume);
    if (sources) {
      const files = filesOf(sources, read);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      writeFiles(own, files);
      return own;
    }
    if (volume.persistentVolumeClaim) {
      const { claimName } = volume.persistentVolumeClaim;
      const claim = objects.get({ apiVersion: "v1", kind: "PersistentVolumeClaim", name: claimName, namespace });
      if (!claim) throw new Waiting("ContainerCreating", `PersistentVolumeClaim ${claimName} is not there yet`);
      const claimed = claimFolder(machine.folder, namespace, claimName);
      mkdirSync(claimed, { recursive: true, mode: 0o700 });
      return claimed;
    }
    if (!volume.emptyDir)
      throw new Waiting(
        "CreateContainerConfigError",
        `volume ${volume.name}: the embedded cluster knows secret, configMap, projected, persistentVolumeClaim and emptyDir`,
      );
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return own;
  }

  function mounts(container: Container): Record<string, string> {
    if (initContainers?.length)
      throw new Waiting("CreateContainerConfigError", "the embedded cluster does not support initContainers");
    const paths: Record<string, string> = {};
    for (const { name: volumeName, mountPath, subPath } of container.volumeMounts ?? []) {
      const volume = volumes.find((one) => one.name === volumeName);
      if (!volume) throw new Waiting("CreateContainerConfigError", `there is no volume ${volumeName}`);
      paths[mountPath.replace(/(?<=.)\/$/, "")] = join(folderOf(volume), subPath ?? "");
    }
    return paths;
  }

  const graceMs = (terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  const context = { machine, pod, podKey: podKeyOf(pod), folder, graceMs, read, mounts, changed };
  for (const container of containers) runners.push(runContainer(context, container));
  changed();

  return {
    uid: pod.metadata.uid,
    localPort(port) {
      for (const runner of runners) {
        const local = runner.localPort(port);
        if (local !== undefined) return local;
      }
      return undefined;
    },
    nudge() {
      for (const volume of volumes) if (sourcesOf(volume)) unlessMissing(() => folderOf(volume));
      for (const runner of runners) runner.nudge();
    },
    rotateLog() {
      const log = join(folder, "log");
      if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES) return;
      copyFileSync(log, `${log}.1`);
      truncateSync(log);
    },
    async stop(how) {
      await Promise.all(runners.map((runner) => runner.stop(Math.min(graceMs, how.graceMs ?? graceMs))));
      if (how.forget) removeFolder(folder);
    },
  };
}

/** A source that is gone leaves the files of a running pod as they are. */
function unlessMissing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Waiting)) throw error;
  }
}

function statusOf(pod: Pod, runners: readonly ContainerRunner[], time: { startTime: string; now: number }): PodStatus {
  const containerStatuses = runners.map((runner) => runner.status());
  const ready = containerStatuses.every((status) => status.ready);
  const begun = containerStatuses.every((status) => "running" in status.state || status.lastState !== undefined);
  const truth = ready ? ("True" as const) : ("False" as const);
  const unready = containerStatuses.filter((status) => !status.ready).map(({ name }) => name);
  const why = ready ? {} : { reason: "ContainersNotReady", message: `not ready: ${unready.join(", ")}` };
  const before = pod.status?.conditions;
  return {
    phase: begun ? "Running" : "Pending",
    conditions: [
      since(before, time.now, { type: "PodScheduled", status: "True" }),
      since(before, time.now, { type: "ContainersReady", status: truth, ...why }),
      since(before, time.now, { type: "Ready", status: truth, ...why }),
    ],
    containerStatuses,
    podIP: "127.0.0.1",
    startTime: time.startTime,
  };
}
