import { Refusal } from "#core/errors.ts";
import type { KubeObject, ObjectRef } from "#core/model/kube-object.ts";
import type { Cluster, Dial, Log, NetworkAddresses, ObjectQuery } from "#core/ports.ts";
import { type Client, kubeClient } from "./kubernetes/client.ts";
import type { Endpoint } from "./kubernetes/endpoint.ts";
import { withoutUpdatesOf } from "./kubernetes/field-owners.ts";
import { resourcePath } from "./kubernetes/resource-path.ts";
import { dialOf, readyPodOf, serviceDoors, serviceOf } from "./kubernetes/service-doors.ts";
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

  async function list(query: ObjectQuery): Promise<KubeObject[]> {
    const { items } = (await client.call({
      method: "GET",
      path: resourcePath(query),
      query: selectorOf(query),
    })) as { items: KubeObject[] };
    return items.map((item) => ({ ...item, apiVersion: query.apiVersion, kind: query.kind }));
  }

  async function serverSideApply(object: KubeObject): Promise<KubeObject> {
    const { status: _status, ...rest } = object;
    const apply = async (body: Omit<KubeObject, "status">) =>
      (await client.call({
        method: "PATCH",
        path: pathOf(refIn(object)),
        query: { fieldManager: FIELD_MANAGER, force: "true" },
        body,
        contentType: "application/apply-patch+yaml",
      })) as KubeObject;
    const applied = await apply(rest);
    const taken = await takeFieldsOver(client, applied);
    if (!taken) return applied;
    // The first apply since its create. Once more, so that what this names no longer goes.
    const { resourceVersion, ...metadata } = rest.metadata;
    const version = resourceVersion === undefined ? {} : { resourceVersion: taken.metadata.resourceVersion };
    return apply({ ...rest, metadata: { ...metadata, ...version } });
  }

  /** Its fields are taken over by the first apply: most of what is made like this is never applied again. */
  async function create({ status: _status, ...object }: KubeObject): Promise<KubeObject> {
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const { name: _name, ...kind } = refIn(object);
    return (await client.call({
      method: "POST",
      path: resourcePath(kind),
      query: { fieldManager: FIELD_MANAGER },
      body: { ...object, metadata },
    })) as KubeObject;
  }

  return {
    get,
    list,
    watch(query, onEvent, signal) {
      const watched = { path: resourcePath(query), query: selectorOf(query) };
      void follow(client, watched, {
        ...{ signal, log },
        ...(silentAfterMs === undefined ? {} : { silentAfterMs }),
        onEvent: (event) => {
          if (event.type === "begins") doors.forget(query.kind);
          else if (event.type !== "synced") doors.hear(event);
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
      const known = doors.service(namespace, name);
      if (known) return dialOf(known, port, doors.readyPods(namespace));
      const service = await get({ apiVersion: "v1", kind: "Service", namespace, name });
      if (!service) return undefined;
      const found = serviceOf(service);
      const pods =
        found.host === undefined
          ? await list({ apiVersion: "v1", kind: "Pod", namespace, labels: found.selector })
          : [];
      return dialOf(
        found,
        port,
        pods.flatMap((pod) => readyPodOf(pod) ?? []),
      );
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
