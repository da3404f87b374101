import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { sqliteStore } from "#adapters/sqlite.ts";
import { systemClock } from "#adapters/world.ts";
import { resumeFromBackup } from "#core/operations/resume-from-backup.ts";
import { StartFailure } from "../start-failure.ts";
import { openDataFolder } from "../supervisor/data-folder.ts";
import { BESIDE, copyPrivately, expectWhole } from "./take-backup.ts";

/**
 * Makes a data directory of a backup, one epoch up. What the directory has of cells stays: only the control plane is restored. The
 * store comes into place last, so that a restore that breaks off can be run again.
 */
export async function restoreBackup({ from, data }: { from: string; data: string }): Promise<{ epoch: number }> {
  const source = resolve(from);
  if (!existsSync(join(source, "intent.db"))) throw new StartFailure(`${source} is no backup: it has no intent store.`);
  const target = resolve(data);
  if (existsSync(join(target, "intent.db")))
    throw new StartFailure(`${target} has an intent store. Move it away, or restore into another --data.`);

  const folder = openDataFolder(data);
  const fresh = join(target, "intent.db.restoring");
  try {
    expectFormat(source, target);
    for (const name of BESIDE.filter((one) => one !== "version.json"))
      if (existsSync(join(source, name))) copyPrivately(join(source, name), join(target, name));
    clear(fresh);
    cpSync(join(source, "intent.db"), fresh);
    chmodSync(fresh, 0o600);
    expectWhole(fresh);
    const epoch = await resume(fresh);
    renameSync(fresh, join(target, "intent.db"));
    return { epoch };
  } finally {
    clear(fresh);
    folder.release();
  }
}

/** A store of a newer version is refused by the store itself; this is for the rest of the directory. */
function expectFormat(source: string, target: string): void {
  const formatIn = (folder: string): number => {
    const file = join(folder, "version.json");
    return existsSync(file) ? Number((JSON.parse(readFileSync(file, "utf8")) as { format?: unknown }).format) : 0;
  };
  if (formatIn(source) > formatIn(target))
    throw new StartFailure(`${source} was written by a newer cellplane. Restore it with that version.`);
}

async function resume(file: string): Promise<number> {
  const store = sqliteStore(file);
  try {
    const epoch = await resumeFromBackup({ store, clock: systemClock });
    // Signals are for work that rests now; it is due in time.
    for (let waiting = store.outbox.read(1_000); waiting.length > 0; waiting = store.outbox.read(1_000))
      store.outbox.done(waiting.map(({ seq }) => seq));
    return epoch;
  } finally {
    // The last to close writes the log into the file, which is whole by itself then.
    store.close();
  }
}

function clear(file: string): void {
  for (const part of ["", "-wal", "-shm"]) rmSync(`${file}${part}`, { force: true });
}
