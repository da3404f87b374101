import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { codeOf, Failure } from "./failure.ts";

/**
 * Only one process may own a data folder: two would share one key and one checkpoint. The file names its holder by pid
 * and start time, so that a lock left by `kill -9` is taken over, also when the pid was given to somebody else since.
 */
export function lockFolder(path: string): { release(): void } {
  const own = `${process.pid} ${startOf(process.pid)}`;
  const ticket = `${path}.${process.pid}`;
  writeFileSync(ticket, own, { mode: 0o600 });
  try {
    for (let tries = 0; tries < 10; tries++) {
      try {
        linkSync(ticket, path);
        return { release: () => release(path, own) };
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      const holder = read(path);
      if (holder === undefined) continue;
      const [pid = "", start = ""] = holder.split(" ");
      if (isAlive(Number(pid), start)) {
        throw new Failure(
          "refused",
          `Another cellplane-edge (process ${pid}) is using this data folder.`,
          "Stop it first, or give this one a folder of its own with --data DIR.",
        );
      }
      takeAway(path, holder);
    }
    throw new Failure("refused", "The data folder is being locked and unlocked by others all the time.", "Try again.");
  } finally {
    rmSync(ticket, { force: true });
  }
}

/** Removes a dead holder's lock, and puts it back if in the meantime it became a living one's. */
function takeAway(path: string, dead: string): void {
  const aside = `${path}.dead-${process.pid}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, "utf8") !== dead) linkSync(aside, path);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes(codeOf(error))) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function release(path: string, own: string): void {
  if (read(path) === own) rmSync(path, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  const now = startOf(pid);
  return now === start || now === "";
}

/** Start time in clock ticks since boot, field 22 of `stat`; empty where there is no `/proc`. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
