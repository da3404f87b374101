import { Agent } from "node:https";
import { createSecureContext } from "node:tls";
import * as z from "zod";
import { type HttpAnswer, sendRequest } from "#adapters/request.ts";
import { type Certified, issueLeaf } from "#adapters/x509.ts";
import type { AccessDocument } from "#core/model/access.ts";
import { EdgeVersions } from "#core/model/edge-versions.ts";
import type { Clock, Cluster, Dial } from "#core/ports.ts";
import { internalClientName, type OrchestratorStatus, services } from "#core/workload.ts";
import type { CertificateAuthorities } from "./keys/cell-keys.ts";
import { internalServerName, isDue } from "./keys/credentials.ts";

const WAIT_SECONDS = 20;
const ANSWER_MS = 5_000;
const CLIENT_DAYS = 90;

const Status = z.object({
  release: z.string(),
  ready: z.boolean(),
  nodes: z.object({
    online: z.int().nonnegative(),
    total: z.int().nonnegative(),
    edges: EdgeVersions.optional(),
  }),
  accessGeneration: z.int(),
  sealedWith: z.string().optional(),
  version: z.string(),
});

/** Talks to the internal ports of orchestrators. Each call rejects where no good answer came. */
export interface OrchestratorClient {
  /** Without `since`: at once. With it: when something is no longer as at that version, or after 20 s. */
  status(namespace: string, since: string | undefined, signal: AbortSignal): Promise<OrchestratorStatus>;
  pushAccess(namespace: string, access: AccessDocument, signal: AbortSignal): Promise<void>;
  /** Has the network's broker read its files again. */
  reloadBroker(namespace: string, signal: AbortSignal): Promise<void>;
  /** Has all nodes told that their broker goes away for a moment. */
  drainNotice(namespace: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function orchestratorClient(options: {
  cluster: Cluster;
  clock: Pick<Clock, "now">;
  authorities: Pick<CertificateAuthorities, "internal">;
  cell: string;
}): OrchestratorClient {
  const { cluster, clock, authorities, cell } = options;
  let certificate: Certified | undefined;
  let trusted = "";
  let agent = new Agent({ keepAlive: true });

  /** Our own certificate needs no keeping: the CA can make another at any time. */
  function connections(): Agent {
    const now = clock.now();
    const { internal } = authorities;
    if (certificate && trusted === internal.trustPem && !isDue(certificate.certPem, now)) return agent;
    trusted = internal.trustPem;
    certificate = issueLeaf(internal, { names: [internalClientName(cell)], now, days: CLIENT_DAYS });
    agent.destroy();
    // One context for all connections: left to itself, each makes its own, some 100 kB a network.
    const secureContext = createSecureContext({
      ca: trusted,
      cert: certificate.certPem,
      key: certificate.keyPem,
      minVersion: "TLSv1.3",
    });
    agent = new Agent({ keepAlive: true, secureContext });
    return agent;
  }

  async function call(
    namespace: string,
    request: { method: "GET" | "PUT" | "POST"; path: string; body?: string; timeoutMs: number; signal: AbortSignal },
  ): Promise<HttpAnswer> {
    const dial: Dial | undefined = await cluster.dial({ namespace, name: services.orchestrator, port: "internal" });
    if (!dial) throw new Error("the service has no address yet");
    const { path, ...rest } = request;
    const answer = await sendRequest({
      ...rest,
      url: new URL(`https://${internalServerName(namespace)}${path}`),
      dial,
      agent: connections(),
      ...(rest.body === undefined ? {} : { headers: { "content-type": "application/json" } }),
    });
    if (answer.status < 200 || answer.status >= 300) throw new Error(`${path} answered ${answer.status}`);
    return answer;
  }

  return {
    async status(namespace, since, signal) {
      const query = since === undefined ? "" : `?since=${encodeURIComponent(since)}&wait=${WAIT_SECONDS}`;
      const timeoutMs = ANSWER_MS + (since === undefined ? 0 : WAIT_SECONDS * 1_000);
      const answer = await call(namespace, { method: "GET", path: `/v1/status${query}`, timeoutMs, signal });
      return Status.parse(JSON.parse(answer.body));
    },
    async pushAccess(namespace, access, signal) {
      const body = JSON.stringify(access);
      await call(namespace, { method: "PUT", path: "/v1/access", body, timeoutMs: ANSWER_MS, signal });
    },
    async reloadBroker(namespace, signal) {
      await call(namespace, { method: "POST", path: "/v1/broker/reload", timeoutMs: ANSWER_MS, signal });
    },
    async drainNotice(namespace, signal) {
      await call(namespace, { method: "POST", path: "/v1/broker/drain", timeoutMs: ANSWER_MS, signal });
    },
    close: () => agent.destroy(),
  };
}
