import * as z from "zod";
import type { KubeObject } from "#core/model/kube-object.ts";
import { plans } from "#core/model/plan.ts";
import type { Cluster, ObjectQuery } from "#core/ports.ts";

const Quantities = z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({});
const NodeObject = z.object({
  spec: z.object({ unschedulable: z.boolean().default(false) }).default({ unschedulable: false }),
  status: z.object({ allocatable: Quantities }),
});
const PodObject = z.object({
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(z.object({ resources: z.object({ requests: Quantities }).default({ requests: {} }) })),
  }),
  status: z.object({ phase: z.string().default("Pending") }).default({ phase: "Pending" }),
});

/** What machines give or pods ask for. */
export interface Resources {
  readonly milliCpu: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

const { broker, orchestrator } = plans.starter;

/** What the smallest network asks for: its two pods. */
const networkNeeds = (): Resources => ({
  milliCpu: milliCpuOf(broker.cpu) + milliCpuOf(orchestrator.cpu),
  memoryMiB: broker.memoryMiB + orchestrator.memoryMiB,
  pods: 2,
});

/** What a machine gives, which is nothing where it takes no pods; `undefined` for what is no machine. */
export function givenBy(node: unknown): Resources | undefined {
  const { data } = NodeObject.safeParse(node);
  return data && resourcesOf(data.spec.unschedulable ? {} : data.status.allocatable);
}

/** What a pod asks for; `undefined` for one that has ended. */
export function askedBy(pod: unknown): Resources | undefined {
  const { data } = PodObject.safeParse(pod);
  if (!data || data.status.phase === "Succeeded" || data.status.phase === "Failed") return undefined;
  const all = data.spec.containers.map(({ resources }) => resourcesOf(resources.requests));
  return { milliCpu: sum(all, "milliCpu"), memoryMiB: sum(all, "memoryMiB"), pods: 1 };
}

/** How many more of the smallest networks fit; `null` where no machine is known: then nobody can say. */
export function roomIn(given: Iterable<Resources>, asked: Iterable<Resources>): number | null {
  const [machines, pods] = [[...given], [...asked]];
  if (machines.length === 0) return null;
  const need = networkNeeds();
  const fits = (["milliCpu", "memoryMiB", "pods"] as const).map((what) =>
    Math.floor((sum(machines, what) - sum(pods, what)) / need[what]),
  );
  return Math.max(0, Math.min(...fits));
}

const sum = (all: readonly Resources[], what: keyof Resources): number =>
  all.reduce((total, one) => total + one[what], 0);

const resourcesOf = ({ cpu = "0", memory = "0", pods = "0" }: Readonly<Record<string, string>>): Resources => ({
  milliCpu: milliCpuOf(cpu),
  memoryMiB: mebibytesOf(memory),
  pods: Number(pods),
});

/** Thousandths of a CPU: "100m" is 100, "1" is 1,000. */
export const milliCpuOf = (cpu: string): number => (cpu.endsWith("m") ? Number(cpu.slice(0, -1)) : Number(cpu) * 1_000);

const MIB = 1024 ** 2;
const UNITS: Readonly<Record<string, number>> = {
  ...{ "": 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 1024, Mi: MIB, Gi: 1024 ** 3, Ti: 1024 ** 4 },
};

/** A quantity of memory in MiB: "1Gi" is 1,024. */
export function mebibytesOf(quantity: string): number {
  const [, number = "0", unit = ""] = /^([\d.]+(?:e\d+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  return (Number(number) * (UNITS[unit] ?? 0)) / MIB;
}

/** What the machines of the cell have room for. */
export interface Capacity {
  /** `null`: nobody knows. */
  room(): number | null;
}

/** Holds what machines give and pods ask for: numbers alone, since a cell has thousands of pods that are not ours to look at. */
export function watchCapacity(cluster: Pick<Cluster, "watch">, signal: AbortSignal): Capacity {
  const given = follow({ apiVersion: "v1", kind: "Node" }, givenBy);
  const asked = follow({ apiVersion: "v1", kind: "Pod" }, askedBy);

  function follow(query: ObjectQuery, resourcesIn: (object: KubeObject) => Resources | undefined) {
    let told: ReadonlyMap<string, Resources> | undefined;
    let telling = new Map<string, Resources>();
    cluster.watch(
      query,
      (event) => {
        if (event.type === "begins") telling = new Map();
        else if (event.type === "synced") told = telling;
        else {
          const { uid = "" } = event.object.metadata;
          const resources = event.type === "present" ? resourcesIn(event.object) : undefined;
          if (resources) telling.set(uid, resources);
          else telling.delete(uid);
        }
      },
      signal,
    );
    return () => told?.values();
  }

  return {
    room() {
      const [machines, pods] = [given(), asked()];
      return machines && pods ? roomIn(machines, pods) : null;
    },
  };
}
