import { createHmac } from "node:crypto";
import { jsonLog } from "#adapters/json-log.ts";
import { nodeSecrets } from "#adapters/secrets.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import { runOrchestrator } from "./run-orchestrator.ts";
import { readSettings } from "./settings.ts";

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = jsonLog(settings.logLevel, "orchestrator");
  const [sealingKey = Buffer.alloc(0)] = settings.sealingKeys;
  const cursorKey = createHmac("sha256", sealingKey).update("cursors").digest();
  const orchestrator = await runOrchestrator({
    settings,
    clock: systemClock,
    ids: ulids(systemClock),
    secrets: nodeSecrets(cursorKey),
    log,
  });
  const end = () => void orchestrator.stop().finally(() => process.exit(0));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, end);
}

// No await at the top, so that this can be bundled as CommonJS.
main().catch((error: unknown) => {
  jsonLog("error", "orchestrator")("error", "the orchestrator cannot start", {
    error: error instanceof Error ? error.message : String(error),
  });
  // Whatever listens already must not keep a process alive that will never serve: its end is what gets it started anew.
  process.exit(1);
});
