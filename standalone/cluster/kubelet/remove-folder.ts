import { rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/** Takes a folder of a namespace away, and the namespace's own once nothing else is in it. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
  } catch {
    // Others of the namespace are still there, or somebody else was faster.
  }
}
