import type { KubeObject } from "#core/model/kube-object.ts";
import type { Dial } from "#core/ports.ts";

/** Where a Service leads: one address for all, or, where it is headless, those of the pods that it selects. */
export interface Service {
  /** Absent: headless. */
  readonly host?: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
}

interface ReadyPod {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface ServiceSpec {
  readonly clusterIP?: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
}
interface PodStatus {
  readonly podIP?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

export function serviceOf({ spec }: KubeObject): Service {
  const { clusterIP, selector = {}, ports = [] } = (spec ?? {}) as ServiceSpec;
  const numbers = Object.fromEntries(ports.map(({ name = "", port }) => [name, port]));
  const isHeadless = clusterIP === undefined || clusterIP === "" || clusterIP === "None";
  return { ...(isHeadless ? {} : { host: clusterIP }), selector, ports: numbers };
}

/** `undefined` for a pod to which a Service leads nobody: not ready, or on its way out. */
export function readyPodOf({ metadata, status }: KubeObject): ReadyPod | undefined {
  const { podIP, conditions = [] } = (status ?? {}) as PodStatus;
  const isReady = conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
  if (!isReady || podIP === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  return { host: podIP, labels: metadata.labels ?? {} };
}

/** The address behind a port of a Service, given the pods of its namespace that are ready. Behind a headless one ports are those of the pods. */
export function dialOf(service: Service, port: string, pods: Iterable<ReadyPod>): Dial | undefined {
  const number = service.ports[port];
  if (number === undefined) return undefined;
  if (service.host !== undefined) return { host: service.host, port: number };
  const wanted = Object.entries(service.selector);
  for (const { host, labels } of pods)
    if (wanted.every(([label, value]) => labels[label] === value)) return { host, port: number };
  return undefined;
}

/** What watches have told of Services and pods: every network is called every few seconds. */
export function serviceDoors() {
  const services = new Map<string, Service>();
  const pods = new Map<string, Map<string, ReadyPod>>();

  function hearPod({ type, object }: Heard): void {
    const { namespace = "", name } = object.metadata;
    const inNamespace = pods.get(namespace) ?? new Map<string, ReadyPod>();
    const ready = type === "present" ? readyPodOf(object) : undefined;
    // The newest word comes last: of two pods that are ready during an update, the one that came later is dialled.
    if (ready) pods.set(namespace, new Map([[name, ready], ...without(inNamespace, name)]));
    else if (inNamespace.delete(name) && inNamespace.size === 0) pods.delete(namespace);
  }
  return {
    hear(heard: Heard): void {
      const { kind, metadata } = heard.object;
      if (kind === "Pod") hearPod(heard);
      if (kind !== "Service") return;
      const key = `${metadata.namespace}/${metadata.name}`;
      if (heard.type === "gone") services.delete(key);
      else services.set(key, serviceOf(heard.object));
    },
    /** A watch of that kind begins anew: until it has told all, there is no saying what went away. */
    forget(kind: string): void {
      if (kind === "Pod") pods.clear();
      if (kind === "Service") services.clear();
    },
    service: (namespace: string, name: string): Service | undefined => services.get(`${namespace}/${name}`),
    readyPods: (namespace: string): Iterable<ReadyPod> => pods.get(namespace)?.values() ?? [],
  };
}

interface Heard {
  readonly type: "present" | "gone";
  readonly object: KubeObject;
}

const without = <T>(map: ReadonlyMap<string, T>, key: string): [string, T][] =>
  [...map].filter(([name]) => name !== key);
