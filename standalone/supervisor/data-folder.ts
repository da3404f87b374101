import { accessSync, chmodSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type FileLock, tryFileLock } from "#adapters/file-lock.ts";
import { StartFailure } from "../start-failure.ts";
import { readIfThere, writeAtomically } from "../write-file.ts";

/** The shape of a data directory. Raise it when an older program could not read what a newer one wrote. */
const FORMAT = 1;

export interface DataFolder {
  readonly path: string;
  /** Nobody else starts on it until then. A process that dies lets go by itself. */
  release(): void;
}

/** Makes or takes over a data directory: writable, of a format that we know, and ours alone from here on. */
export function openDataFolder(given: string): DataFolder {
  const path = resolve(given);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  const lock = lockOf(path);
  try {
    checkFormat(path);
    chmodSync(path, 0o700);
    for (const folder of ["cells", "logs", "programs"]) mkdirSync(join(path, folder), { recursive: true, mode: 0o700 });
  } catch (error) {
    lock.release();
    throw error;
  }
  return { path, release: () => lock.release() };
}

function lockOf(path: string): FileLock {
  const lock = tryFileLock(join(path, "supervisor.lock"));
  if (lock) return lock;
  throw new StartFailure(`${path} is in use by another cellplane that runs. End that one, or choose another --data.`);
}

function checkFormat(path: string): void {
  const file = join(path, "version.json");
  const text = readIfThere(file);
  if (text === undefined) {
    writeAtomically(file, `${JSON.stringify({ format: FORMAT })}\n`);
    return;
  }
  const format = formatOf(text);
  if (format === undefined) throw new StartFailure(`${file} cannot be read. Restore it, or choose another --data.`);
  if (format > FORMAT)
    throw new StartFailure(
      `${path} was written by a newer cellplane (format ${format}; this one knows ${FORMAT}). Use that version, or choose another --data.`,
    );
}

function formatOf(text: string): number | undefined {
  try {
    const { format } = JSON.parse(text) as { format?: unknown };
    return typeof format === "number" ? format : undefined;
  } catch {
    return undefined;
  }
}
