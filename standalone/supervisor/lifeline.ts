import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface Lifeline {
  /** Give this as stdin to every process that has to end with us. */
  readonly readEnd: number;
  close(): void;
}

/**
 * A pipe that only this process can write to: whoever reads it sees its end when we end, however we do. A named pipe, since Node
 * closes the pipes it makes itself when one child ends, and each start of a cluster must get the very same one.
 */
export function openLifeline(folder: string): Lifeline {
  const path = join(folder, "lifeline");
  rmSync(path, { force: true });
  execFileSync("mkfifo", ["-m", "600", path], { stdio: "ignore" });
  // Read and write at once: to open a pipe for writing alone would wait for a reader.
  const writeEnd = openSync(path, constants.O_RDWR);
  const readEnd = openSync(path, constants.O_RDONLY);
  rmSync(path);
  return {
    readEnd,
    close() {
      closeSync(writeEnd);
      closeSync(readEnd);
    },
  };
}
