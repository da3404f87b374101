import { createHmac } from "node:crypto";
import { jsonLog } from "#adapters/json-log.ts";
import { nodeSecrets } from "#adapters/secrets.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import { runOrchestrator } from "./run-orchestrator.ts";
import { readSettings } from "./settings.ts";

/** A node's user JWT is renewed long before its end; what is offline longer renews over HTTPS. */
const NODE_JWT_SECONDS = 24 * 3_600;

const log = jsonLog(process.env.CELLPLANE_LOG ?? "info", "orchestrator");

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const [sealingKey = Buffer.alloc(0)] = settings.sealingKeys;
  const cursorKey = createHmac("sha256", sealingKey).update("cursors").digest();
  const orchestrator = await runOrchestrator({
    settings,
    clock: systemClock,
    ids: ulids(systemClock),
    secrets: nodeSecrets(cursorKey),
    log,
    nodeJwtSeconds: NODE_JWT_SECONDS,
  });
  const end = () => void orchestrator.stop().finally(() => process.exit(0));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, end);
}

// No await at the top, so that this can be bundled as CommonJS.
main().catch((error: unknown) => {
  log("error", "the orchestrator cannot start", { error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
