import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/** How often a waiting process looks again. Nothing here is held for less than seconds. */
const LOOK_AGAIN_MS = 50;

/**
 * Acts while holding `file` as a lock among all processes of this machine. The lock is SQLite's own on that file, so the
 * operating system lets go of it when its holder dies: there is no stale lock to recognise. `onWait` is called once when
 * somebody else holds it.
 */
export async function withFileLock<T>(file: string, act: () => Promise<T>, onWait?: () => void): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    for (let waited = false; !isTaken(database); await sleep(LOOK_AGAIN_MS)) {
      if (!waited) onWait?.();
      waited = true;
    }
    return await act();
  } finally {
    database.close();
  }
}

export interface FileLock {
  release(): void;
}

/** Takes `file` as a lock until `release` or the end of this process; undefined where somebody else holds it. */
export function tryFileLock(file: string): FileLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  if (isTaken(database)) return { release: () => database.close() };
  database.close();
  return undefined;
}

/** True once the exclusive lock is ours; false while it is somebody else's. */
function isTaken(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && /locked|busy/i.test(error.message)) return false;
    throw error;
  }
}
