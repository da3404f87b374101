import type { ClientRequest } from "node:http";
import { Refusal } from "#core/errors.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Log, ObjectEvent } from "#core/ports.ts";
import { type Client, textOf } from "./client.ts";
import { refusalOf } from "./refusal.ts";

/** The server tells where it is at least once a minute; a watch that hears nothing for longer is dead, whatever TCP says. */
const SILENT_AFTER_MS = 75_000;
const FIRST_RETRY_MS = 50;
const MOST_RETRY_MS = 1_000;
/** A watch that ends sooner was no success, even if it told something: the next one waits longer. */
const HELD_MS = 5_000;
/** The server may put a watch off for longer than our own wait, but not for ever. */
const LONGEST_PUT_OFF_MS = 30_000;
/** Connections are made anew now and then, so that they spread over API servers that came later. */
const LIFETIME_SECONDS = { least: 300, spread: 300 };

/** Marks the end of what was there when a watch began. */
const INITIAL_END = "k8s.io/initial-events-end";

type Line =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: KubeObject }
  | { readonly type: "ERROR"; readonly object: { readonly code?: number; readonly message?: string } };

export interface Watched {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * Follows what the API server tells of `watched` until the signal. After a disconnect it goes on where it was; where the server does
 * not remember that any more, it begins anew. One request either way: what is there comes as a stream, never as one large list.
 */
export async function follow(
  client: Client,
  { path, query }: Watched,
  options: { onEvent: (event: ObjectEvent) => void; signal: AbortSignal; log: Log; silentAfterMs?: number },
): Promise<void> {
  const { onEvent, signal, log, silentAfterMs = SILENT_AFTER_MS } = options;
  let version: string | undefined;
  let retry = FIRST_RETRY_MS;

  const hear = (line: Line): "again" | undefined => {
    if (line.type === "ERROR") {
      if (line.object.code === 410) version = undefined;
      log("debug", "a watch was ended", { path, why: line.object.message ?? "" });
      return "again";
    }
    const { metadata } = line.object;
    if (line.type !== "BOOKMARK") onEvent({ type: line.type === "DELETED" ? "gone" : "present", object: line.object });
    else if (metadata.annotations?.[INITIAL_END] === "true") onEvent({ type: "synced" });
    // Before the end of what was there, a version is no place from which to go on.
    if (version !== undefined || line.type === "BOOKMARK") version = metadata.resourceVersion;
    return undefined;
  };

  while (!signal.aborted) {
    const from =
      version === undefined
        ? { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" }
        : { resourceVersion: version };
    const lifetime = LIFETIME_SECONDS.least + Math.floor(Math.random() * LIFETIME_SECONDS.spread);
    const began = performance.now();
    let putOffMs = 0;
    try {
      const asked = await client.open(path, {
        ...{ watch: "true", allowWatchBookmarks: "true", timeoutSeconds: String(lifetime) },
        ...query,
        ...from,
      });
      const isAnew = version === undefined;
      await read(asked, {
        ...{ hear, signal, silentAfterMs },
        opened: () => {
          if (isAnew) onEvent({ type: "begins" });
        },
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Gone) version = undefined;
      putOffMs = putOffBy(error);
      log("info", "a watch failed and begins again", {
        path,
        why: error instanceof Error ? error.message : `${error}`,
      });
    }
    if (signal.aborted) return;
    if (performance.now() - began >= HELD_MS) retry = FIRST_RETRY_MS;
    await pause(Math.max(retry * (0.5 + Math.random()), putOffMs * (1 + Math.random() / 4)), signal);
    retry = Math.min(retry * 2, MOST_RETRY_MS);
  }
}

/** For how long the server asked not to be asked again. */
const putOffBy = (error: unknown): number =>
  error instanceof Refusal ? Math.min((error.details.retryAfterSeconds ?? 0) * 1_000, LONGEST_PUT_OFF_MS) : 0;

/** The server has forgotten the version that we would go on from. */
class Gone extends Error {}

/** Reads lines until the answer ends, falls silent or must begin again. */
function read(
  asked: ClientRequest,
  {
    hear,
    opened,
    signal,
    silentAfterMs,
  }: {
    hear: (line: Line) => "again" | undefined;
    opened: () => void;
    signal: AbortSignal;
    silentAfterMs: number;
  },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => asked.destroy();
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    // Not the socket's own timeout, which does not count before it is connected.
    const silence = setTimeout(() => asked.destroy(new Error("it fell silent")), silentAfterMs);
    asked.on("error", reject);
    asked.once("close", () => {
      clearTimeout(silence);
      signal.removeEventListener("abort", end);
      resolve();
    });
    asked.once("response", (answer) => {
      answer.on("error", reject);
      if (answer.statusCode !== 200) {
        textOf(answer)
          .then((text) => {
            const refusal = refusalOf(answer.statusCode ?? 0, text, answer.headers["retry-after"]);
            reject(answer.statusCode === 410 ? new Gone(refusal.message) : refusal);
          })
          .catch(reject);
        return;
      }
      opened();
      let rest = "";
      answer.setEncoding("utf8").on("data", (text: string) => {
        silence.refresh();
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (line === "" || signal.aborted) continue;
          try {
            if (hear(JSON.parse(line) as Line) === "again") return end();
          } catch (error) {
            // Half a line, or an object that nobody understands: here it would end the process.
            reject(error);
            return end();
          }
        }
      });
    });
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
