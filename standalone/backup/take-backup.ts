import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { StartFailure } from "../start-failure.ts";

/** What a backup holds beside the intent store: who we are to cells and networks, and where we were found. */
export const BESIDE = ["keys", "admin-key", "version.json", "port.json", "aws-credentials", "sfn-port.json"];

/**
 * Copies what a control plane cannot be made anew from, while it runs: a moment's state of the intent store, and the keys. What cells
 * hold is theirs and not in it. The folder is there whole or not at all, for its owner alone.
 */
export async function takeBackup({ data, to }: { data: string; to: string }): Promise<void> {
  const from = resolve(data);
  const target = resolve(to);
  if (!existsSync(join(from, "intent.db")))
    throw new StartFailure(`${from} has no intent store. Name the data directory of a cellplane with --data.`);
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new StartFailure(`${target} is not empty. Name a new folder with --to.`);

  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  try {
    mkdirSync(partial, { recursive: true, mode: 0o700 });
    // The keys first: they are made before anything is signed with them, so the store never knows more than they do.
    for (const name of BESIDE) if (existsSync(join(from, name))) copyPrivately(join(from, name), join(partial, name));
    await copyStore(join(from, "intent.db"), join(partial, "intent.db"));
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

/** A file, or a folder with its files, that are their owner's alone. */
export function copyPrivately(from: string, to: string): void {
  cpSync(from, to, { recursive: true, force: true });
  const isFolder = statSync(to).isDirectory();
  chmodSync(to, isFolder ? 0o700 : 0o600);
  if (isFolder) for (const name of readdirSync(to)) chmodSync(join(to, name), 0o600);
}

async function copyStore(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(source, to);
  } finally {
    source.close();
  }
  expectWhole(to);
  chmodSync(to, 0o600);
}

/** Refuses a store that is broken. */
export function expectWhole(file: string): void {
  let verdict: unknown;
  try {
    const copy = new DatabaseSync(file);
    verdict = copy.prepare("PRAGMA integrity_check").get()?.integrity_check;
    copy.close();
  } catch (error) {
    verdict = error instanceof Error ? error.message : error;
  }
  if (verdict !== "ok") throw new StartFailure(`${file} is broken: ${String(verdict)}. Use another backup.`);
}
