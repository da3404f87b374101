import type { NetworkAddresses } from "#core/ports.ts";
import type { Objects } from "../objects/objects.ts";
import { type IngressRoute, type Pod, readySince, type Service } from "../objects/shapes.ts";
import type { Forwarders } from "./forwarders.ts";

const TRAEFIK = "traefik.io/v1alpha1";

/** Names of forwarders: each stands for one thing that people or programs connect to. */
export const serviceName = (namespace: string, name: string, port: number) => `service:${namespace}/${name}:${port}`;
const apiName = (host: string) => `api:${host}`;
const natsName = (host: string) => `nats:${host}`;

/** The hosts that a route's rule names: Host(`x`) of an IngressRoute, HostSNI(`x`) of an IngressRouteTCP. */
export const hostsOf = (route: IngressRoute): string[] =>
  route.spec.routes.flatMap(({ match }) =>
    [...match.matchAll(/\bHost(?:SNI)?\(`([^`]+)`\)/g)].map(([, host = ""]) => host),
  );

type LocalPort = (pod: Pod, port: number | string) => number | undefined;

/** Where a new connection through a forwarder goes now: ready pods that are not on their way out, the newest first. */
export function targetsOf(objects: Objects, localPort: LocalPort, forwarder: string): number[] {
  const [, sort, subject = ""] = /^(service|api|nats):(.*)$/.exec(forwarder) ?? [];
  if (sort === "service") {
    const [, namespace = "", name = "", port] = /^(.*)\/(.*):(\d+)$/.exec(subject) ?? [];
    return targetsOfService(objects, localPort, { namespace, name, port: Number(port) });
  }
  const kind = sort === "api" ? "IngressRoute" : "IngressRouteTCP";
  const routes = objects.list({ apiVersion: TRAEFIK, kind }) as IngressRoute[];
  const route = routes.find((one) => hostsOf(one).includes(subject));
  const rule = route?.spec.routes.find(({ match }) => match.includes(`\`${subject}\``));
  const [service] = rule?.services ?? [];
  const namespace = route?.metadata.namespace;
  return service && namespace !== undefined
    ? targetsOfService(objects, localPort, { namespace, name: service.name, port: service.port })
    : [];
}

interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number | string;
}

/** A service's port by its name or number. */
export function portOfService(objects: Objects, { namespace, name, port }: ServicePort) {
  const service = objects.get({ apiVersion: "v1", kind: "Service", name, namespace }) as Service | undefined;
  return service?.spec.ports?.find((one) => one.name === port || one.port === Number(port));
}

function targetsOfService(objects: Objects, localPort: LocalPort, wanted: ServicePort): number[] {
  const { namespace, name } = wanted;
  const service = objects.get({ apiVersion: "v1", kind: "Service", name, namespace }) as Service | undefined;
  const port = portOfService(objects, wanted);
  const selector = Object.entries(service?.spec.selector ?? {});
  if (!service || !port || selector.length === 0) return [];
  const pods = objects
    .within(namespace)
    .filter(({ kind, metadata }) => kind === "Pod" && metadata.deletionTimestamp === undefined) as Pod[];
  return pods
    .filter(({ metadata }) => selector.every(([key, value]) => metadata.labels?.[key] === value))
    .map((pod) => ({ pod, since: readySince(pod) ?? (service.spec.publishNotReadyAddresses ? 0 : undefined) }))
    .filter(({ since }) => since !== undefined)
    .sort((a, b) => ((a.pod.metadata.creationTimestamp ?? "") < (b.pod.metadata.creationTimestamp ?? "") ? 1 : -1))
    .flatMap(({ pod }) => localPort(pod, port.targetPort ?? port.port) ?? []);
}

/** The addresses of a host; allocated now, once for its life, if it has none. */
export async function addressesOf(forwarders: Forwarders, host: string): Promise<NetworkAddresses> {
  const [api, nats] = await Promise.all([
    forwarders.portOf(apiName(host), undefined),
    forwarders.portOf(natsName(host), undefined),
  ]);
  return {
    host,
    api: { url: `http://127.0.0.1:${api}`, dial: { host: "127.0.0.1", port: api } },
    nats: { url: `tls://127.0.0.1:${nats}`, dial: { host: "127.0.0.1", port: nats } },
  };
}

/** Keeps the doors in step with the objects: a route's host belongs to its namespace, and goes with it. */
export function keepDoors(objects: Objects, forwarders: Forwarders, failed: (error: unknown) => void): void {
  objects.onChange(({ type, object }) => {
    const { namespace, name } = object.metadata;
    if (object.kind === "Namespace" && type === "gone") return forwarders.release(name);
    if (type === "gone" || namespace === undefined) return;
    const names =
      object.kind === "IngressRoute"
        ? hostsOf(object as IngressRoute).map(apiName)
        : object.kind === "IngressRouteTCP"
          ? hostsOf(object as IngressRoute).map(natsName)
          : [];
    for (const door of names) forwarders.portOf(door, namespace).catch(failed);
  });
}
