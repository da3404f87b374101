import { Refusal } from "#core/errors.ts";
import type { KubeObject, ObjectRef } from "#core/model/kube-object.ts";
import type { Cluster, Dial, Log, NetworkAddresses, ObjectQuery } from "#core/ports.ts";
import { type Client, kubeClient } from "./kubernetes/client.ts";
import type { Endpoint } from "./kubernetes/endpoint.ts";
import { withoutUpdatesOf } from "./kubernetes/field-owners.ts";
import { resourcePath } from "./kubernetes/resource-path.ts";
import { follow } from "./kubernetes/watch.ts";

export { type Endpoint, kubeconfigCluster, ownCluster } from "./kubernetes/endpoint.ts";

/** Under this name the API server keeps which fields are ours. */
export const FIELD_MANAGER = "cellplane";

/** The entrance of the cell: by which ports people and nodes reach it, and where the agent itself does. */
export interface Ingress {
  readonly publicPorts: { readonly api: number; readonly nats: number };
  readonly dial: { readonly api: Dial; readonly nats: Dial };
}

export interface KubernetesOptions {
  readonly endpoint: Endpoint;
  readonly ingress: Ingress;
  readonly log: Log;
  /** After so long without a word a watch is taken for dead. More than a minute, but for tests: so often a healthy one says something. */
  readonly silentAfterMs?: number;
}

const HTTPS_PORT = 443;

/** The port `Cluster` over a real API server, Kubernetes 1.34 or newer: watches stream what is there. */
export function kubernetesCluster({
  endpoint,
  ingress,
  log,
  silentAfterMs,
}: KubernetesOptions): Cluster & { close(): void } {
  const client = kubeClient(endpoint, "cellplane-cell-agent");
  const doors = serviceDoors();

  async function get(ref: ObjectRef): Promise<KubeObject | undefined> {
    try {
      return (await client.call({ method: "GET", path: pathOf(ref) })) as KubeObject;
    } catch (error) {
      if (error instanceof Refusal && error.kind === "not-found") return undefined;
      throw error;
    }
  }

  async function serverSideApply(object: KubeObject): Promise<KubeObject> {
    const { status: _status, ...rest } = object;
    const apply = async () =>
      (await client.call({
        method: "PATCH",
        path: pathOf(refIn(object)),
        query: { fieldManager: FIELD_MANAGER, force: "true" },
        body: rest,
        contentType: "application/apply-patch+yaml",
      })) as KubeObject;
    const applied = await apply();
    // We were killed between a create and taking its fields over. Once more, so that what this names no longer goes.
    return (await takeFieldsOver(client, applied)) ? await apply() : applied;
  }

  async function create({ status: _status, ...object }: KubeObject): Promise<KubeObject> {
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const { name: _name, ...kind } = refIn(object);
    const created = (await client.call({
      method: "POST",
      path: resourcePath(kind),
      query: { fieldManager: FIELD_MANAGER },
      body: { ...object, metadata },
    })) as KubeObject;
    return (await takeFieldsOver(client, created)) ?? created;
  }

  return {
    get,
    async list(query) {
      const { items } = (await client.call({
        method: "GET",
        path: resourcePath(query),
        query: selectorOf(query),
      })) as { items: KubeObject[] };
      return items.map((item) => ({ ...item, apiVersion: query.apiVersion, kind: query.kind }));
    },
    watch(query, onEvent, signal) {
      const watched = { path: resourcePath(query), query: selectorOf(query) };
      const heard = query.kind === "Service" ? doors.hear : () => {};
      void follow(client, watched, {
        ...{ signal, log },
        ...(silentAfterMs === undefined ? {} : { silentAfterMs }),
        onEvent: (event) => {
          if (event.type !== "synced") heard(event);
          onEvent(event);
        },
      });
    },
    apply: (object) => (object.metadata.resourceVersion === "" ? create(object) : serverSideApply(object)),
    async updateStatus(ref, status, resourceVersion) {
      const expected = resourceVersion === undefined ? [] : [atVersion(resourceVersion)];
      return (await client.call({
        method: "PATCH",
        path: `${pathOf(ref)}/status`,
        query: { fieldManager: FIELD_MANAGER },
        body: [...expected, { op: "add", path: "/status", value: status }],
        contentType: JSON_PATCH,
      })) as KubeObject;
    },
    async remove(ref) {
      await unlessAbsent(
        client.call({ method: "DELETE", path: pathOf(ref), query: { propagationPolicy: "Background" } }),
      );
    },
    async removeFinalizer(ref, finalizer) {
      const object = await get(ref);
      const { finalizers = [], resourceVersion = "" } = object?.metadata ?? {};
      if (!finalizers.includes(finalizer)) return;
      const rest = finalizers.filter((one) => one !== finalizer);
      await unlessAbsent(
        client.call({
          method: "PATCH",
          path: pathOf(ref),
          query: { fieldManager: FIELD_MANAGER },
          body: [atVersion(resourceVersion), { op: "replace", path: "/metadata/finalizers", value: rest }],
          contentType: JSON_PATCH,
        }),
      );
    },
    addressesOf: async (host): Promise<NetworkAddresses> => {
      const { api, nats } = ingress.publicPorts;
      return {
        host,
        api: { url: `https://${host}${api === HTTPS_PORT ? "" : `:${api}`}`, dial: ingress.dial.api },
        nats: { url: `tls://${host}:${nats}`, dial: ingress.dial.nats },
      };
    },
    async dial({ namespace, name, port }) {
      const known = doors.of(namespace, name, port);
      if (known) return known;
      const service = await get({ apiVersion: "v1", kind: "Service", namespace, name });
      return service && doorsOf(service).get(port);
    },
    close: () => client.close(),
  };
}

const JSON_PATCH = "application/json-patch+json";

/** Makes a JSON patch a conflict for an object that is at another version. */
const atVersion = (version: string) => ({ op: "replace", path: "/metadata/resourceVersion", value: version });

const pathOf = (ref: ObjectRef): string => resourcePath(ref, ref.name);

const refIn = ({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef => ({
  ...{ apiVersion, kind, name },
  ...(namespace === undefined ? {} : { namespace }),
});

const selectorOf = ({ labels }: ObjectQuery): Record<string, string> =>
  labels
    ? {
        labelSelector: Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(","),
      }
    : {};

async function unlessAbsent(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "not-found")) throw error;
  }
}

/** The object with its fields ours by apply; `undefined` when they were already. */
async function takeFieldsOver(client: Client, object: KubeObject): Promise<KubeObject | undefined> {
  const owners = withoutUpdatesOf(FIELD_MANAGER, object.metadata);
  if (!owners) return undefined;
  return (await client.call({
    method: "PATCH",
    path: pathOf(refIn(object)),
    query: { fieldManager: FIELD_MANAGER },
    body: [
      atVersion(object.metadata.resourceVersion ?? ""),
      { op: "replace", path: "/metadata/managedFields", value: owners },
    ],
    contentType: JSON_PATCH,
  })) as KubeObject;
}

/** Cluster address and port by name of the port. */
function doorsOf(service: KubeObject): Map<string, Dial> {
  const { clusterIP, ports = [] } = (service.spec ?? {}) as {
    clusterIP?: string;
    ports?: { name?: string; port: number }[];
  };
  if (clusterIP === undefined || clusterIP === "" || clusterIP === "None") return new Map();
  return new Map(ports.map(({ name = "", port }) => [name, { host: clusterIP, port }]));
}

/** Where services are, as far as a watch of them has told: every network is called every few seconds. */
function serviceDoors() {
  const known = new Map<string, Map<string, Dial>>();
  const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;
  return {
    hear({ type, object }: { type: "present" | "gone"; object: KubeObject }): void {
      const key = keyOf(object.metadata.namespace ?? "", object.metadata.name);
      if (type === "gone") known.delete(key);
      else known.set(key, doorsOf(object));
    },
    of: (namespace: string, name: string, port: string): Dial | undefined =>
      known.get(keyOf(namespace, name))?.get(port),
  };
}
