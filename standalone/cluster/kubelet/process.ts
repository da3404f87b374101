import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/**
 * After the end of the lifeline the cluster, if it lives, has a second to ask the program first (a program may take a second
 * SIGTERM for impatience); then the watcher asks, and after two more kills. In all well below the 5 s that Ctrl-C may take.
 */
const ASK_AFTER_SECONDS = 1;
const KILL_AFTER_SECONDS = 2;

/**
 * Becomes the program, beside a watcher that holds fd 3, the lifeline: when that ends, the program is asked to stop and then
 * its whole process group is killed. So nothing outlives the supervisor, whoever was killed in which order. The group cannot
 * be taken by another process while the watcher is in it.
 */
const shim = `
( trap '' TERM INT HUP
  while read -r _ <&3; do :; done
  sleep ${ASK_AFTER_SECONDS}; kill -TERM $$ 2>/dev/null; sleep ${KILL_AFTER_SECONDS}; kill -KILL -$$ ) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`;

export interface Exit {
  readonly exitCode: number;
  readonly signal?: string;
  readonly reason: "Completed" | "Error" | "ContainerStatusUnknown";
}

/** A program that runs, whether this process started it or found it running. */
export interface RunningProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
  /** The file descriptor that ends when the supervisor does. */
  readonly lifeline: number;
}

export function startProcess({ argv, env, folder, logFile, lifeline }: Command): RunningProcess {
  const log = openSync(logFile, "a", 0o600);
  try {
    const child = spawn("/bin/sh", ["-c", shim, "sh", ...argv], {
      cwd: folder,
      env,
      detached: true,
      stdio: ["ignore", log, log, lifeline],
    });
    const { pid } = child;
    const exited = new Promise<Exit>((resolve) => {
      child.once("error", () => resolve({ exitCode: 128, reason: "Error" }));
      child.once("exit", (code, signal) => {
        if (pid !== undefined) killGroup(pid);
        resolve({
          exitCode: code ?? 128 + (signal === "SIGKILL" ? 9 : 15),
          ...(signal ? { signal } : {}),
          reason: code === 0 ? "Completed" : "Error",
        });
      });
    });
    if (pid === undefined) throw new Error("the system could not start a process");
    return { pid, exited, signal: (signal) => send(pid, signal) };
  } finally {
    closeSync(log);
  }
}

/** How often a process that is not our child is looked at. */
const LOOK_MS = 200;

/** Takes over a process that an earlier life of the cluster started; how it ends cannot be known any more. */
export function adoptProcess(pid: number, born: string): RunningProcess {
  const exited = new Promise<Exit>((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(pid) && bornAt(pid) === born) return;
      clearInterval(timer);
      killGroup(pid);
      resolve({ exitCode: 137, reason: "ContainerStatusUnknown" });
    }, LOOK_MS);
  });
  return { pid, exited, signal: (signal) => bornAt(pid) === born && send(pid, signal) };
}

/** The moment of a process's birth as the system writes it; `undefined` when there is none, or only its remains. */
export function bornAt(pid: number): string | undefined {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state === "Z" || state === "X" ? undefined : `${bootId()}:${fields[18]}`;
    } catch {
      return undefined;
    }
  }
  try {
    const [state = "Z", ...born] = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    return state.startsWith("Z") ? undefined : born.join(" ");
  } catch {
    return undefined;
  }
}

const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Kills a program with everything it started, and the watcher of its lifeline. */
export const killGroup = (pid: number): void => send(-pid, "SIGKILL");

function send(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
