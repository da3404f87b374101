import { createServer, type Server } from "node:https";
import { issueLeaf } from "#adapters/x509.ts";
import { problemOf, Refusal } from "#core/errors.ts";
import type { Clock, Cluster, Log } from "#core/ports.ts";
import { listening, namesOf } from "./agent.ts";
import { cellKeys } from "./keys/cell-keys.ts";
import type { Settings } from "./settings.ts";

const CERTIFICATE_DAYS = 90;
const RETRY_MS = 1_000;
/** An agent that finds no other leads sooner than this, and has asked for nothing to stand by with. */
const LEADS_WITHIN_MS = 500;

export interface StandBy {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pick<Settings, "listen" | "publicUrl">;
}

/**
 * Answers in place of the provisioning API while another replica leads, until the signal: alive, not ready, and 503 to all else, so
 * that a Service sends nothing here. The certificate is of the cell's CA, so it begins when the cluster has answered.
 */
export async function standBy(parts: StandBy, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts;
  await clock.sleep(LEADS_WITHIN_MS, signal);
  while (!signal.aborted) {
    try {
      const server = await answering(parts);
      if (!signal.aborted) await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
      return await closed(server);
    } catch (error) {
      log("info", "does not answer yet while it stands by", { why: String(error) });
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

async function answering({ cluster, clock, settings }: StandBy): Promise<Server> {
  const { authorities } = await cellKeys(cluster, clock.now());
  const leaf = { names: namesOf(settings), now: clock.now(), days: CERTIFICATE_DAYS };
  const { certPem, keyPem } = issueLeaf(authorities.api, leaf);
  const document = problemOf(
    new Refusal("not-ready", "Another replica of the agent leads; this one stands by. Ask again through the Service."),
  );
  const server = createServer({ cert: certPem, key: keyPem, minVersion: "TLSv1.3" }, (asked, reply) => {
    asked.resume();
    // Whoever keeps the connection would ask this replica for ever, and not the one that leads.
    reply.shouldKeepAlive = false;
    if (asked.url === "/healthz")
      return void reply.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}');
    reply.writeHead(document.status, { "content-type": "application/problem+json", "retry-after": "1" });
    reply.end(JSON.stringify(document));
  });
  await listening(server, settings.listen);
  return server;
}

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
