import { type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { Agent, request } from "node:https";
import type { Endpoint } from "./endpoint.ts";
import { doesNotAnswer, refusalOf } from "./refusal.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** HTTP to one API server. */
export interface Client {
  /**
   * The answer's JSON; a `Refusal` for everything but success. Told to slow down, it waits and asks again, unless that is longer than a
   * caller should hang: then the `Refusal` says when to come back.
   */
  call(call: Call): Promise<unknown>;
  /** Opens an answer that is read as it comes, on a connection of its own. */
  open(path: string, query: Readonly<Record<string, string>>): Promise<ClientRequest>;
  close(): void;
}

/** For the whole answer: one that stops half-way is as lost as one that never comes. */
const CALL_TIMEOUT_MS = 15_000;
const CONNECTIONS = 32;
/** How often a call is repeated that the server put off, and how long it may put it off at a time. */
const PUT_OFF = { times: 3, longestSeconds: 5 };

/** `userAgent` is how the API server's audit log tells clients apart that share an account. */
export function kubeClient(
  { url, tls, headers }: Endpoint,
  userAgent: string,
  { callTimeoutMs = CALL_TIMEOUT_MS } = {},
): Client {
  const plain = url.protocol === "http:";
  const pool = plain ? undefined : new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ...tls });
  const base = url.pathname.replace(/\/$/, "");

  async function begin({ method, path, query, body, contentType }: Call, own: boolean): Promise<ClientRequest> {
    const search = query && Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : "";
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const options = {
      method,
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port || (plain ? 80 : 443),
      path: `${base}${path}${search}`,
      headers: {
        accept: "application/json",
        "user-agent": userAgent,
        ...(await headers()),
        ...(payload === undefined
          ? {}
          : {
              "content-type": contentType ?? "application/json",
              "content-length": String(Buffer.byteLength(payload)),
            }),
      },
    };
    const asked = plain
      ? requestPlain({ ...options, ...(own ? { agent: false as const } : {}) })
      : request({ ...options, ...(own ? { agent: false as const, ...tls } : { agent: pool }) });
    asked.end(payload);
    return asked;
  }

  async function once(call: Call): Promise<{ status: number; retryAfter: string | undefined; text: string }> {
    const answer = await answerOf(await begin(call, false), callTimeoutMs);
    const text = await textOf(answer);
    return { status: answer.statusCode ?? 0, retryAfter: answer.headers["retry-after"], text };
  }

  return {
    async call(call) {
      for (let putOff = 0; ; putOff += 1) {
        const { status, retryAfter, text } = await once(call);
        if (status >= 200 && status < 300) return JSON.parse(text);
        const refusal = refusalOf(status, text, retryAfter);
        const { retryAfterSeconds = 1 } = refusal.details;
        const isTooLong = putOff >= PUT_OFF.times || retryAfterSeconds > PUT_OFF.longestSeconds;
        if (status !== 429 || isTooLong) throw refusal;
        await pause(retryAfterSeconds * 1_000 * (1 + Math.random() / 4));
      }
    },
    open: (path, query) => begin({ method: "GET", path, query }, true),
    close: () => pool?.destroy(),
  };
}

const pause = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

function answerOf(asked: ClientRequest, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => asked.destroy(new Error("no whole answer in time")), timeoutMs);
    // Not before the end of the body.
    asked.once("close", () => clearTimeout(timer));
    asked.once("response", resolve);
    asked.on("error", (cause) => reject(doesNotAnswer(cause)));
  });
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  } catch (cause) {
    throw doesNotAnswer(cause);
  }
}
