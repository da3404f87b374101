import { createHash, X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isLoopback } from "./bootstrap-token.ts";
import { Failure, messageOf } from "./failure.ts";

export interface JsonAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;
}

export interface JsonCall {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: object;
  /** SHA-256 of the SPKI of the CA that must have signed the server's certificate; without it the public CAs decide. */
  readonly pin?: string | undefined;
  readonly timeoutMs?: number;
}

const LARGEST_ANSWER = 1024 * 1024;

/** One request, JSON both ways. Fails as `unreachable` when no whole answer came, so it is known that asking again may help. */
export async function callJson({ method, url, body, pin, timeoutMs = 30_000 }: JsonCall): Promise<JsonAnswer> {
  const target = new URL(url);
  if (target.protocol === "http:" && !isLoopback(target.hostname))
    throw new Failure("refused", `Refusing plain http to ${target.host}: it is not this machine.`);
  try {
    const ca = pin && target.protocol === "https:" ? await pinnedCa(target, pin, timeoutMs) : undefined;
    return await send({ target, method, body, ca, timeoutMs });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      "unreachable",
      `Cannot reach ${target.origin}: ${messageOf(error) || "the connection failed"}.`,
      "Check that this machine can open that address, and that the network is ready.",
      error,
    );
  }
}

async function send(call: {
  target: URL;
  method: string;
  body: object | undefined;
  ca: string | undefined;
  timeoutMs: number;
}): Promise<JsonAnswer> {
  const { request } = call.target.protocol === "https:" ? await import("node:https") : await import("node:http");
  const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      call.target,
      {
        method: call.method,
        agent: false,
        signal: AbortSignal.timeout(call.timeoutMs),
        headers: {
          accept: "application/json",
          ...(payload === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
        },
        ...(call.ca ? { ca: call.ca } : {}),
      },
      resolve,
    );
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    text += chunk;
    if (text.length > LARGEST_ANSWER) throw new Error("the answer is too large");
  }
  const retryAfter = Number(response.headers["retry-after"]);
  return {
    status: response.statusCode ?? 0,
    body: objectOf(text),
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/**
 * The CA that the server shows, if its key is the pinned one. Nothing is sent on this connection; the next one is
 * verified in full against that CA, host name and dates included.
 */
async function pinnedCa(target: URL, pin: string, timeoutMs: number): Promise<string> {
  const { connect } = await import("node:tls");
  const chain = await new Promise<X509Certificate[]>((resolve, reject) => {
    const servername = /^[\d.]+$|^\[/.test(target.hostname) ? {} : { servername: target.hostname };
    const host = target.hostname.replace(/^\[|\]$/g, "");
    const socket = connect(
      { host, port: Number(target.port || 443), rejectUnauthorized: false, timeout: timeoutMs, ...servername },
      () => {
        const found: X509Certificate[] = [];
        let shown = socket.getPeerCertificate(true);
        while (shown?.raw) {
          found.push(new X509Certificate(shown.raw));
          if (shown.issuerCertificate === shown) break;
          shown = shown.issuerCertificate;
        }
        socket.destroy();
        resolve(found);
      },
    );
    socket.on("timeout", () => socket.destroy(new Error("no TLS handshake in time")));
    socket.on("error", reject);
  });
  const pinned = chain.find((certificate) => certificate.ca && spkiHash(certificate) === pin);
  if (!pinned)
    throw new Failure(
      "refused",
      `${target.host} does not show the certificate authority that the token names; nothing was sent.`,
      "Somebody may be in between, or the network's authority changed: make a new token.",
    );
  return pinned.toString();
}

const spkiHash = (certificate: X509Certificate): string =>
  createHash("sha256")
    .update(certificate.publicKey.export({ format: "der", type: "spki" }))
    .digest("base64url");
