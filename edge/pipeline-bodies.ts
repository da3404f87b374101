import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeAtomically } from "./atomic-file.ts";

/** Pipeline documents on disk, each under the SHA-256 of its text; a file that no longer fits its name is worth nothing. */
export interface PipelineBodies {
  get(sha256: string): string | undefined;
  /** Keeps the text if it is the one of that hash; otherwise answers false and keeps nothing. */
  keep(sha256: string, text: string): boolean;
  /** Removes all but these. */
  prune(wanted: ReadonlySet<string>): void;
}

export function pipelineBodies(folder: string): PipelineBodies {
  const pathOf = (sha256: string) => join(folder, `${sha256}.json`);
  const isWhole = (sha256: string, text: string) => createHash("sha256").update(text).digest("hex") === sha256;
  return {
    get(sha256) {
      const text = readIfThere(pathOf(sha256));
      return text !== undefined && isWhole(sha256, text) ? text : undefined;
    },
    keep(sha256, text) {
      if (!isWhole(sha256, text)) return false;
      writeAtomically(pathOf(sha256), text);
      return true;
    },
    prune(wanted) {
      for (const file of readdirSync(folder)) {
        const [sha256 = ""] = file.split(".");
        if (!wanted.has(sha256)) rmSync(join(folder, file), { force: true });
      }
    },
  };
}
