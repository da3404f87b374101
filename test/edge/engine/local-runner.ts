import { jsonLog } from "../../../edge/log.ts";
import { runLocal } from "../../../edge/run-local.ts";

/**
 * A process of its own for tests that kill one: `<document> <state folder> <readable and writable glob>`. Prints how much
 * it has read, and ends by itself when nothing is left to read; with a fourth argument it goes on.
 */
async function main([file = "", stateDir = "", glob = "", goOn]: string[]): Promise<void> {
  const log = jsonLog((line) => process.stderr.write(line), Date.now, "error");
  const pipeline = await runLocal({ file, stateDir, policy: { read: [glob], write: [glob] }, log });
  for (;;) {
    const { in: read, lagBytes } = pipeline.counters();
    process.stdout.write(`${read}\n`);
    if (lagBytes === 0 && goOn === undefined) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await pipeline.drain(10_000);
}

void main(process.argv.slice(2));
