import { createHash, X509Certificate } from "node:crypto";

/** How a cell's operator wants the way in from outside. */
export interface Doors {
  /**
   * The Secret with the certificate of the API, by this name in each network's namespace; absent: Traefik's default certificate, which
   * is one for all networks of the cell.
   */
  readonly apiTlsSecret?: string;
  /** The CA that signed that certificate, where it is none that everybody trusts. Nodes are given its pin. */
  readonly apiCaPem?: string;
  /** Traefik tells brokers by the PROXY protocol who connects. */
  readonly natsProxyProtocol: boolean;
}

/** The doors of a cell whose operator asked for nothing: Traefik's own certificate, from a CA that everybody trusts. */
export const usualDoors: Doors = { natsProxyProtocol: false };

/** What a bootstrap token names of the API's CA: base64url SHA-256 of its public key. */
export const apiPinOf = ({ apiCaPem }: Doors): string | undefined =>
  apiCaPem === undefined
    ? undefined
    : createHash("sha256")
        .update(new X509Certificate(apiCaPem).publicKey.export({ type: "spki", format: "der" }))
        .digest("base64url");
