import { createServer } from "node:https";
import { issueLeaf } from "#adapters/x509.ts";
import { problemOf, Refusal } from "#core/errors.ts";
import type { Clock, Cluster } from "#core/ports.ts";
import { listening, namesOf } from "./agent.ts";
import { cellKeys } from "./keys/cell-keys.ts";
import type { Settings } from "./settings.ts";

const CERTIFICATE_DAYS = 90;

/**
 * Answers in place of the provisioning API while another replica leads: alive, not ready, and 503 to all else, so that a Service sends
 * nothing here. Resolves with what ends it.
 */
export async function standBy(options: {
  cluster: Cluster;
  clock: Pick<Clock, "now">;
  settings: Pick<Settings, "listen" | "publicUrl">;
}): Promise<() => Promise<void>> {
  const { cluster, clock, settings } = options;
  const { authorities } = await cellKeys(cluster, clock.now());
  const leaf = { names: namesOf(settings), now: clock.now(), days: CERTIFICATE_DAYS };
  const { certPem, keyPem } = issueLeaf(authorities.api, leaf);
  const document = problemOf(
    new Refusal("not-ready", "Another replica of the agent leads; this one stands by. Ask again through the Service."),
  );
  const server = createServer({ cert: certPem, key: keyPem, minVersion: "TLSv1.3" }, (asked, reply) => {
    asked.resume();
    if (asked.url === "/healthz")
      return void reply.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}');
    reply.writeHead(document.status, { "content-type": "application/problem+json", "retry-after": "1" });
    reply.end(JSON.stringify(document));
  });
  await listening(server, settings.listen);
  return () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
}
