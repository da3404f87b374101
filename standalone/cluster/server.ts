import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type ClusterCalls, HEARTBEAT_MS, type WatchLine } from "#adapters/embedded-cluster.ts";
import { problemOf, Refusal } from "#core/errors.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Log, ObjectQuery } from "#core/ports.ts";
import type { Forwarders } from "./network/forwarders.ts";
import { addressesOf, portOfService, serviceName } from "./network/routes.ts";
import type { Objects } from "./objects/objects.ts";

/** What etcd takes; an object that is larger would not fit a real cluster either. */
const MOST_BYTES = 1_572_864;
/** A watcher that is so far behind is cut off, and starts over. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024;

type Calls = {
  [C in keyof ClusterCalls]: (
    body: ClusterCalls[C]["arguments"],
  ) => ClusterCalls[C]["result"] | Promise<ClusterCalls[C]["result"]>;
};

export interface ClusterServerProps {
  readonly objects: Objects;
  /** Nothing is answered before what it tells of is safe. */
  readonly onDisk: () => Promise<void>;
  readonly forwarders: Forwarders;
  readonly token: string;
  readonly log: Log;
}

/** The cluster's door for its agent: see `ClusterCalls`. Bound by the caller, to the loopback address only. */
export function clusterServer({ objects, onDisk, forwarders, token, log }: ClusterServerProps): Server {
  const calls: Calls = {
    get: ({ ref }) => objects.get(ref) ?? null,
    list: ({ query }) => objects.list(query),
    apply: ({ object }) => objects.apply(object),
    "update-status": ({ ref, status, resourceVersion }) => objects.updateStatus(ref, status, resourceVersion),
    remove({ ref }) {
      objects.remove(ref);
      return null;
    },
    "remove-finalizer"({ ref, finalizer }) {
      objects.removeFinalizer(ref, finalizer);
      return null;
    },
    addresses: ({ host }) => addressesOf(forwarders, host),
    async dial({ service }) {
      const port = portOfService(objects, service);
      if (!port) return null;
      const door = serviceName(service.namespace, service.name, port.port);
      return { host: "127.0.0.1", port: await forwarders.portOf(door, service.namespace) };
    },
  };

  async function answer(asked: IncomingMessage, reply: ServerResponse): Promise<void> {
    if (!isBearer(asked.headers.authorization, token))
      throw new Refusal("unauthenticated", "Give the token of this cluster as a bearer token.");
    if (asked.method !== "POST") throw new Refusal("method-not-allowed", "Every call is a POST.");
    const name = asked.url?.slice(1) ?? "";
    const body = await bodyOf(asked);
    if (name === "watch") return watch(objects, body as ObjectQuery, reply);
    if (!(name in calls)) throw new Refusal("not-found", `There is no call ${name}.`);
    const call = calls[name as keyof Calls] as (body: unknown) => unknown;
    const result = await call(body);
    await onDisk();
    send(reply, 200, result);
  }

  const server = createServer((asked, reply) => {
    answer(asked, reply).catch((error: unknown) => {
      if (!(error instanceof Refusal)) log("error", "a call failed", { call: asked.url, why: String(error) });
      const problem = problemOf(error);
      if (!reply.headersSent) send(reply, problem.status, problem);
      else reply.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  return server;
}

function send(reply: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value ?? null);
  const type = status < 400 ? "application/json" : "application/problem+json";
  reply.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
}

/** One line per event, in order; an object that leaves the query counts as gone. */
function watch(objects: Objects, query: ObjectQuery, reply: ServerResponse): void {
  const { namespace, labels = {} } = query;
  const isMeant = ({ apiVersion, kind, metadata }: KubeObject) =>
    apiVersion === query.apiVersion &&
    kind === query.kind &&
    (namespace === undefined || metadata.namespace === namespace) &&
    Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
  const tell = (event: WatchLine) => {
    reply.write(`${JSON.stringify(event)}\n`);
    if (reply.writableLength > MOST_UNREAD_BYTES) reply.destroy();
  };

  reply.writeHead(200, { "content-type": "application/x-ndjson" });
  tell({ type: "begins" });
  for (const object of objects.list(query)) tell({ type: "present", object });
  tell({ type: "synced" });
  const stop = objects.onChange(({ type, object, before }) => {
    if (type === "present" && isMeant(object)) tell({ type, object });
    else if (isMeant(before ?? object)) tell({ type: "gone", object });
  });
  const heartbeat = setInterval(() => reply.write("\n"), HEARTBEAT_MS);
  reply.once("close", () => {
    stop();
    clearInterval(heartbeat);
  });
}

async function bodyOf(asked: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of asked as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Refusal("too-large", `An object may have at most ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new Refusal("invalid-input", "The body must be JSON.", { cause });
  }
}

/** Compares digests, so that neither content nor length can be told from the time it takes. */
function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${token}`));
}
