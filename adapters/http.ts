import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type ErrorKind, errorKinds, type InputError, Refusal } from "#core/errors.ts";
import { type HttpAnswer, sendRequest } from "./request.ts";

/** No whole answer came: nobody listens, the connection broke, or it took too long. Whether anything was done is not known. */
export class Unreachable extends Error {}

export interface ApiCall {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With query; below the client's `url`. */
  readonly path: string;
  /** Sent as JSON, or a text as it is together with `contentType`. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** Another type than JSON: its text is answered as it is. */
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ApiAnswer<T> {
  readonly status: number;
  readonly headers: HttpAnswer["headers"];
  readonly body: T;
}

export interface ApiClient {
  /** Rejects with a `Refusal` for every problem document, and with `Unreachable` where there was no answer. */
  call<T>(call: ApiCall): Promise<ApiAnswer<T>>;
  close(): void;
}

export interface ApiClientOptions {
  readonly url: string;
  /** An API key or token, or what fetches one; asked before each call. */
  readonly bearer?: string | (() => Promise<string>);
  /** More than the longest wait of a server, 20 s. */
  readonly timeoutMs?: number;
}

/** A caller of any of cellplane's HTTP surfaces: JSON out, JSON in, problem documents as refusals. Keeps connections. */
export function apiClient({ url, bearer, timeoutMs = 30_000 }: ApiClientOptions): ApiClient {
  const base = new URL(url);
  const agent = base.protocol === "https:" ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const prefix = base.pathname.replace(/\/$/, "");

  return {
    async call<T>({
      method = "GET",
      path,
      body,
      contentType,
      accept,
      headers,
      signal,
    }: ApiCall): Promise<ApiAnswer<T>> {
      const secret = typeof bearer === "function" ? await bearer() : bearer;
      const answer = await sendRequest({
        method,
        url: new URL(`${prefix}${path}`, base),
        headers: {
          accept: accept ?? "application/json",
          ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
          ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: contentType && typeof body === "string" ? body : JSON.stringify(body) }),
        timeoutMs,
        agent,
        ...(signal ? { signal } : {}),
      }).catch((cause: unknown) => {
        throw new Unreachable(`${base.origin} cannot be reached: ${reasonOf(cause, timeoutMs)}`, { cause });
      });
      const parsed = accept !== undefined && answer.status < 300 ? answer.body : parse(answer);
      if (answer.status >= 200 && answer.status < 300) {
        if (parsed === NOT_JSON)
          throw new Unreachable(`${base.origin} answered something that is not cellplane's JSON`);
        return { status: answer.status, headers: answer.headers, body: parsed as T };
      }
      throw refusalOf(answer, parsed, base.origin);
    },
    close: () => agent.destroy(),
  };
}

const NOT_JSON = Symbol("not JSON");

function parse({ body }: HttpAnswer): unknown {
  if (body === "") return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return NOT_JSON;
  }
}

/** A problem document back as the refusal that it was made of. What is not one of ours keeps its status. */
function refusalOf({ status, headers }: HttpAnswer, parsed: unknown, origin: string): Refusal {
  const problem = typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  const { type, title: _title, status: _status, detail, retryable: _retryable, errors, ...extra } = problem;
  const kind = typeof type === "string" ? type.replace("urn:cellplane:", "") : "";
  const retryAfter = Number(headers["retry-after"]);
  return new Refusal(
    isKind(kind) ? kind : kindOfStatus(status),
    typeof detail === "string" ? detail : `${origin} answered ${status}.`,
    {
      ...(Array.isArray(errors) ? { errors: errors as InputError[] } : {}),
      ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
      extra,
    },
  );
}

const isKind = (kind: string): kind is ErrorKind => Object.hasOwn(errorKinds, kind);

const kindOfStatus = (status: number): ErrorKind =>
  (Object.keys(errorKinds) as ErrorKind[]).find((kind) => errorKinds[kind].status === status) ??
  (status >= 500 ? "unavailable" : "invalid-input");

function reasonOf(cause: unknown, timeoutMs: number): string {
  const { code, name, message } = cause as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name is not known";
  if (name === "TimeoutError") return `no answer within ${timeoutMs / 1_000} s`;
  if (code === "ECONNRESET" || code === "EPIPE") return "the connection broke";
  return message || "the connection failed";
}
