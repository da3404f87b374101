import { Agent } from "node:https";
import { connect, createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { sendRequest } from "#adapters/request.ts";
import type { NetworkAddresses } from "#core/ports.ts";
import type { Door } from "./contact.ts";

/** A door that is slower than this is shut: a node would give up as well. */
const PATIENCE_MS = 3_000;

const open: Door = { open: true, trouble: "" };
const shut = (trouble: string): Door => ({ open: false, trouble });
const reasonOf = (error: unknown): string =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);

/**
 * Trusts the public CAs, and beside them the one that signs where the cell's operator has a CA of its own. One for all knocks: to read
 * the public CAs costs more than the rest of a knock.
 */
export function apiTrust(caPem: string | undefined): Agent {
  const publicCas = getCACertificates("default");
  const secureContext = createSecureContext({ ca: caPem === undefined ? publicCas : [...publicCas, caPem] });
  // No connection is kept: each knock is to find what a newcomer would.
  return new Agent({ keepAlive: false, secureContext });
}

/** Asks the API by its route whether the network is ready. */
export async function knockAtApi({ host, api }: NetworkAddresses, trust: Agent): Promise<Door> {
  const { protocol } = new URL(api.url);
  try {
    const url = new URL(`${protocol}//${host}/readyz`);
    const trusting = protocol === "https:" ? { agent: trust } : {};
    const { status } = await sendRequest({ method: "GET", url, dial: api.dial, timeoutMs: PATIENCE_MS, ...trusting });
    return status === 200 ? open : shut(`/readyz answers ${status}`);
  } catch (error) {
    return shut(reasonOf(error));
  }
}

/** Trusts the cell's NATS CA alone. Made once for each state of that: a context costs some 100 kB outside the heap. */
export function natsTrust(authority: () => { readonly trustPem: string }): () => SecureContext {
  let made: { pem: string; context: SecureContext } | undefined;
  return () => {
    const { trustPem: pem } = authority();
    if (made?.pem !== pem) made = { pem, context: createSecureContext({ ca: pem, minVersion: "TLSv1.3" }) };
    return made.context;
  };
}

/** Does what a node does first: a TLS handshake by the network's name, trusting the cell alone, until the broker says INFO. */
export function knockAtNats({ host, nats }: NetworkAddresses, secureContext: SecureContext): Promise<Door> {
  return new Promise((resolve) => {
    const socket = connect({ ...nats.dial, servername: host, secureContext });
    let certificate: string | undefined;
    socket.on("secureConnect", () => {
      certificate = socket.getPeerCertificate().fingerprint256;
    });
    const end = (door: Door) => {
      socket.destroy();
      resolve(door);
    };
    let said = "";
    socket.setTimeout(PATIENCE_MS, () => end(shut("no answer in time")));
    socket.on("error", (error) => end(shut(reasonOf(error))));
    socket.on("close", () => end(shut("the connection was closed")));
    socket.on("data", (part: Buffer) => {
      said += part.toString("latin1");
      if (said.startsWith("INFO ")) end({ ...open, ...(certificate ? { certificate } : {}) });
      else if (said.length > 5) end(shut("it does not speak NATS"));
    });
  });
}
