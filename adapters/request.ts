import { type Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { SecureContextOptions } from "node:tls";

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Given up after this long without the whole answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Keeps connections; for https it carries the CA and certificate. */
  readonly agent?: HttpAgent;
  /** Where to connect instead of the host of `url`, which stays in Host and SNI. */
  readonly dial?: { readonly host: string; readonly port: number };
  readonly tls?: Pick<SecureContextOptions, "ca" | "cert" | "key">;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** No answer is larger than this; a peer that sends more is broken. */
const LARGEST_ANSWER = 32 * 1024 * 1024;

/** One HTTP call. Rejects only where no whole answer came: refused, broken off, timed out, aborted, certificate not trusted. */
export function sendRequest({ url, dial, body, tls, timeoutMs, ...rest }: HttpRequest): Promise<HttpAnswer> {
  const secure = url.protocol === "https:";
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = rest.signal ? AbortSignal.any([rest.signal, deadline]) : deadline;
  const options = {
    method: rest.method,
    host: dial?.host ?? url.hostname.replace(/^\[|\]$/g, ""),
    port: dial?.port ?? (url.port || (secure ? 443 : 80)),
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      ...rest.headers,
      ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    },
    signal,
    ...(rest.agent ? { agent: rest.agent } : {}),
    // An SNI is a name, never an address.
    ...(secure && !/^[\d.]+$|:/.test(url.hostname) ? { servername: url.hostname } : {}),
    ...tls,
  };
  return new Promise((resolve, reject) => {
    const sent = (secure ? requestHttps : requestHttp)(options, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on("data", (part: Buffer) => {
        parts.push(part);
        size += part.length;
        if (size > LARGEST_ANSWER) answer.destroy(new Error("the answer is too large"));
      });
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
