import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { type ErrorKind, errorKinds, type InputError, Refusal } from "#core/errors.ts";
import type { KubeObject, ObjectRef } from "#core/model/kube-object.ts";
import type { Cluster, Dial, NetworkAddresses, ObjectEvent, ObjectQuery } from "#core/ports.ts";

/**
 * The calls of the embedded cluster: `POST /<call>` with the arguments as JSON and `Authorization: Bearer`, answered with the
 * result as JSON (`null` for nothing) or a problem document.
 */
export interface ClusterCalls {
  get: { arguments: { ref: ObjectRef }; result: KubeObject | null };
  list: { arguments: { query: ObjectQuery }; result: KubeObject[] };
  apply: { arguments: { object: KubeObject }; result: KubeObject };
  "update-status": { arguments: { ref: ObjectRef; status: unknown; resourceVersion?: string }; result: KubeObject };
  remove: { arguments: { ref: ObjectRef }; result: null };
  "remove-finalizer": { arguments: { ref: ObjectRef; finalizer: string }; result: null };
  addresses: { arguments: { host: string }; result: NetworkAddresses };
  dial: { arguments: { service: { namespace: string; name: string; port: string } }; result: Dial | null };
}

/** `POST /watch` with an `ObjectQuery` answers one of these per line; an empty line says that it is still there. */
export type WatchLine = ObjectEvent;

/** How often the server writes an empty line; a watch that hears nothing for three times as long is dead. */
export const HEARTBEAT_MS = 2_000;

const CALL_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 50;
const MOST_RETRY_MS = 1_000;

export interface EmbeddedClusterOptions {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly token: string;
}

/** The port `Cluster` over the process of standalone/cluster. Watches and calls survive its restart. */
export function embeddedCluster({ url, token }: EmbeddedClusterOptions): Cluster & { close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });

  function post(path: string, body: unknown, pool: Agent | false): ClientRequest {
    const payload = JSON.stringify(body);
    const asked = request(new URL(path, url), {
      method: "POST",
      agent: pool,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(payload),
      },
    });
    asked.end(payload);
    return asked;
  }

  async function call<C extends keyof ClusterCalls>(
    name: C,
    body: ClusterCalls[C]["arguments"],
  ): Promise<ClusterCalls[C]["result"]> {
    const answer = await answerOf(post(`/${name}`, body, agent));
    const text = await textOf(answer);
    if (answer.statusCode === 200) return JSON.parse(text) as ClusterCalls[C]["result"];
    throw refusalOf(text);
  }

  return {
    get: async (ref) => (await call("get", { ref })) ?? undefined,
    list: (query) => call("list", { query }),
    apply: (object) => call("apply", { object }),
    updateStatus: (ref, status, resourceVersion) =>
      call("update-status", { ref, status, ...(resourceVersion === undefined ? {} : { resourceVersion }) }),
    remove: async (ref) => void (await call("remove", { ref })),
    removeFinalizer: async (ref, finalizer) => void (await call("remove-finalizer", { ref, finalizer })),
    addressesOf: (host) => call("addresses", { host }),
    dial: async (service) => (await call("dial", { service })) ?? undefined,
    watch(query, onEvent, signal) {
      let retry = FIRST_RETRY_MS;
      const hear = (event: ObjectEvent) => {
        retry = FIRST_RETRY_MS;
        onEvent(event);
      };
      const begin = () => {
        if (!signal.aborted) follow(post("/watch", query, false), { signal, hear, ended });
      };
      const ended = () => {
        if (signal.aborted) return;
        const timer = setTimeout(
          () => {
            signal.removeEventListener("abort", forget);
            begin();
          },
          retry * (0.5 + Math.random()),
        );
        const forget = () => clearTimeout(timer);
        signal.addEventListener("abort", forget, { once: true });
        retry = Math.min(retry * 2, MOST_RETRY_MS);
      };
      begin();
    },
    close: () => agent.destroy(),
  };
}

interface Following {
  readonly signal: AbortSignal;
  readonly hear: (event: ObjectEvent) => void;
  readonly ended: () => void;
}

/** Reads one watch to its end, however it ends. */
function follow(asked: ClientRequest, { signal, hear, ended }: Following): void {
  const abort = () => asked.destroy();
  signal.addEventListener("abort", abort, { once: true });
  asked.setTimeout(3 * HEARTBEAT_MS, abort);
  asked.on("error", abort);
  asked.once("close", () => {
    signal.removeEventListener("abort", abort);
    ended();
  });
  asked.once("response", (answer) => {
    answer.on("error", abort);
    if (answer.statusCode !== 200) return abort();
    let rest = "";
    answer.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "" && !signal.aborted) hear(JSON.parse(line) as WatchLine);
    });
  });
}

function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => asked.destroy(new Error("no answer in time")), CALL_TIMEOUT_MS);
    asked.once("close", () => clearTimeout(timer));
    asked.once("response", resolve);
    asked.on("error", (cause) => reject(unavailable(cause)));
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  } catch (cause) {
    throw unavailable(cause);
  }
}

const unavailable = (cause: unknown) =>
  new Refusal("unavailable", "The embedded cluster does not answer; try again.", { cause });

/** The refusal that the other side made a problem document of. */
function refusalOf(text: string): Refusal {
  try {
    const { type, detail, errors } = JSON.parse(text) as { type: string; detail: string; errors?: InputError[] };
    const kind = type.replace("urn:cellplane:", "");
    if (kind in errorKinds) return new Refusal(kind as ErrorKind, detail, errors ? { errors } : {});
    return unavailable(text);
  } catch {
    return unavailable(text);
  }
}
