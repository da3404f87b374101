import { connect, type NatsConnection, type Payload } from "@nats-io/transport-node";
import { subjects } from "#core/messages.ts";
import type { Credentials } from "./identity.ts";
import type { NodeKey } from "./node-key.ts";

/**
 * Connects once. TLS comes before the first byte of NATS, because routing by SNI needs it; the CA is the cell's own. The
 * library's reconnecting is off: when and where to try again is decided in one place, for a lost connection and for one that never was.
 */
export function connectToBroker({ identity, jwt, caPem }: Credentials, key: NodeKey): Promise<NatsConnection> {
  return connect({
    servers: [...identity.natsUrls],
    name: identity.node,
    inboxPrefix: subjects.inbox(identity.node),
    noAsyncTraces: true,
    tls: { handshakeFirst: true, ca: caPem },
    authenticator: (nonce?: string) => ({
      jwt,
      nkey: key.nkey.public,
      sig: key.nkey.sign(Buffer.from(nonce ?? "")).toString("base64url"),
    }),
    reconnect: false,
    ignoreClusterUpdates: true,
    pingInterval: 20_000,
    maxPingOut: 2,
    timeout: 30_000,
  });
}

/** True when the broker refused who we are, not when it could not be reached. */
export const isAuthFailure = (error: unknown): boolean =>
  error instanceof Error && /Authorization|Authentication|credentials/i.test(`${error.name} ${error.message}`);

/** The text of a direct get: what the key holds, or `undefined` where it holds nothing. */
export async function directGet(connection: NatsConnection, subject: string): Promise<string | undefined> {
  const answer = await connection.request(subject, "" satisfies Payload, { timeout: 10_000 });
  const { headers } = answer;
  if (headers && headers.code >= 400) {
    if (headers.code === 404) return undefined;
    throw new Error(`the broker answered ${headers.code} ${headers.description}`);
  }
  return headers?.get("KV-Operation") ? undefined : answer.string();
}
