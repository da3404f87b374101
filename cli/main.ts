import { homedir } from "node:os";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { Failure } from "./failure.ts";
import { runCommandLine } from "./program.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

const terminal: Terminal = {
  environment: process.env,
  directory: process.cwd(),
  home: homedir(),
  get width() {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  },
  get height() {
    return process.stdout.isTTY ? process.stdout.rows : undefined;
  },
  canAsk: process.stdin.isTTY && process.stderr.isTTY,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  async ask(question) {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } catch (error) {
      throw (error as Error).name === "AbortError" ? new Failure("interrupted", "Nothing was done.") : error;
    } finally {
      lines.close();
    }
  },
  now: Date.now,
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, signal && { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
  onInterrupt(act) {
    process.on("SIGINT", act);
    return () => void process.off("SIGINT", act);
  },
};

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await runCommandLine(process.argv.slice(2), terminal, version);
