import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Refusal } from "#core/errors.ts";
import type { Builds } from "#core/ports.ts";

const run = promisify(execFile);

/** Far above what a build takes on a busy machine. */
const LONGEST_MS = 120_000;

/**
 * Has each release built on this machine, by a program of its own: the tools for it are no part of the control plane. Digests name
 * images in a registry, and here is none; a release is what these sources make with its version compiled in.
 */
export const localBuilds = ([program = "", ...args]: readonly string[]): Builds => ({
  async provide({ version }) {
    try {
      await run(program, [...args, version], { timeout: LONGEST_MS, killSignal: "SIGKILL" });
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
      throw new Refusal("unavailable", `${version} cannot be built on this machine: ${said || "see the log"}`, {
        cause: error,
      });
    }
  },
});
