import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf, Failure } from "./failure.ts";

/** Owner only: everything in the data folder is the node's own. */
const MODE = 0o600;

/** After it returns the file holds exactly this text, whenever the power fails; before, what it held. Checks for short writes. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, "w", MODE);
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) {
        const written = writeSync(file, bytes, done);
        if (written === 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
        done += written;
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Failure("refused", ...explain(codeOf(error), path), error);
  }
}

/** The text of a file, or `undefined` where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new Failure("refused", ...explain(codeOf(error), path), error);
  }
}

function explain(code: string, path: string): [string, string] {
  if (code === "ENOSPC" || code === "EDQUOT") return [`The disk is full: cannot write ${path}.`, "Free some space."];
  if (code === "EACCES" || code === "EPERM")
    return [
      `${path} belongs to another user.`,
      "Run as the user that bootstrapped this node, or choose another --data.",
    ];
  if (code === "EROFS") return [`${path} is on a read-only file system.`, "Choose another --data."];
  return [`Cannot read or write ${path} (${code || "unknown error"}).`, "See the system's log for the disk."];
}

/** A rename survives a power cut only once its folder is on disk. Some file systems cannot sync a folder: then it is theirs to keep. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (!["EINVAL", "EPERM", "ENOTSUP"].includes(codeOf(error))) throw error;
  } finally {
    closeSync(descriptor);
  }
}
