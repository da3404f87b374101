import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sendRequest } from "#adapters/request.ts";
import { type Certified, createCa, issueLeaf } from "#adapters/x509.ts";
import type { Json, TheCluster } from "./the-cluster.ts";

const DAYS = 30;

/** What stands between the outside and a cell: the certificate that its operator brings, and names that lead to its Traefik. */
export interface Entrance {
  readonly domain: string;
  readonly caFile: string;
  readonly caPem: string;
  /** What a program outside needs in its environment to find the cell by name and to trust it over HTTPS. */
  readonly environment: Record<string, string>;
  /** A call through Traefik by the host's real name. */
  readonly ask: (url: string, options?: Asking) => Promise<Asked>;
}

export interface Asking {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Asked {
  readonly status: number;
  readonly text: string;
  readonly json: Json;
}

/** Gives Traefik a certificate for all hosts of a cell, from a CA of the cell's operator. */
export function anEntrance(cluster: TheCluster, { folder, domain }: { folder: string; domain: string }): Entrance {
  const now = Date.now();
  const ca = createCa({ name: `operator of ${domain}`, now, days: DAYS });
  const caFile = join(folder, `${domain}.ca.pem`);
  writeFileSync(caFile, ca.certPem);
  cluster.apply(...defaultCertificate(issueLeaf(ca, { names: [`*.${domain}`], now, days: DAYS }), ca));
  return {
    domain,
    caFile,
    caPem: ca.certPem,
    environment: {
      NODE_OPTIONS: `--import ${join(import.meta.dirname, "resolve-cells.mjs")}`,
      NODE_EXTRA_CA_CERTS: caFile,
      CELL_ADDRESSES: `${domain}=${cluster.api.host}`,
    },
    async ask(url, { method = "GET", body, headers = {} } = {}) {
      const answer = await sendRequest({
        ...{ method, url: new URL(url), dial: cluster.api, tls: { ca: ca.certPem }, timeoutMs: 10_000 },
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: answer.body, json: jsonOf(answer.body) };
    },
  };
}

/** Traefik's default certificate. The CA stands in the chain: nodes that know its pin look for it there. */
function defaultCertificate(leaf: Certified, ca: Certified): object[] {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return [
    {
      ...{ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls" },
      metadata: { name: "cell-certificate", namespace: "traefik" },
      data: { "tls.crt": base64(leaf.certPem + ca.certPem), "tls.key": base64(leaf.keyPem) },
    },
    {
      ...{ apiVersion: "traefik.io/v1alpha1", kind: "TLSStore" },
      metadata: { name: "default", namespace: "traefik" },
      spec: { defaultCertificate: { secretName: "cell-certificate" } },
    },
  ];
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
