import { type ChildProcess, spawn } from "node:child_process";
import type { LogFile } from "./log-file.ts";

export interface ChildOptions {
  /** How people know it. */
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** A lifeline to share, or a pipe of its own. Both end when we do. */
  readonly stdin: number | "pipe";
  readonly log: LogFile;
  /** The first line of its stdout for which this is true says that it is up. Without it, it is up once it is started. */
  readonly isUp?: (line: string) => boolean;
  /** It was started, or started anew. */
  readonly onStart: () => void;
  /** It ended by itself and is started again after a pause. */
  readonly onEnd: (how: string) => void;
}

export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** Fulfilled when it is up for the first time; rejected with its last words when it keeps ending before. */
  readonly up: Promise<void>;
  /** Asks it to end and does not start it again. Fulfilled when it has ended. */
  stop(): Promise<void>;
  kill(): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A process that ran this long was fine: what ends it then is a new incident. */
const FINE_AFTER_MS = 10_000;
/** More starts than this before it was ever up: something is wrong that waiting does not mend. */
const STARTS = 3;

/** How long to wait before the start that follows the n-th end in a row (from 1): fast at first, then ever slower. */
export const pauseBefore = (ends: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (ends - 1));

/** Keeps one process running until it is stopped. */
export function keepRunning(options: ChildOptions): Child {
  const up = Promise.withResolvers<void>();
  up.promise.catch(() => {});
  const ended = Promise.withResolvers<void>();
  let running: ChildProcess | undefined;
  let wasUp = false;
  let stopping = false;
  let endsInARow = 0;
  let starts = 0;
  let pause: NodeJS.Timeout | undefined;

  const start = () => {
    const [program = "", ...args] = options.command;
    const startedAt = performance.now();
    starts += 1;
    // A process group of its own: Ctrl-C of the terminal is for us alone, and we end the rest in order.
    const child = spawn(program, args, {
      env: { ...options.environment },
      stdio: [options.stdin, "pipe", "pipe"],
      detached: true,
    });
    running = child;
    let lastWords = "";
    const isUp = () => {
      wasUp = true;
      up.resolve();
    };
    if (!options.isUp) isUp();
    onLines(child, (line) => {
      if (options.isUp?.(line)) isUp();
    });
    child.stdout?.on("data", (text: Buffer) => options.log.write(text));
    child.stderr?.on("data", (text: Buffer) => {
      options.log.write(text);
      lastWords = `${lastWords}${text}`.slice(-4_000);
    });
    child.stdin?.on("error", () => {});

    let over = false;
    const onEnd = (how: string) => {
      if (over) return;
      over = true;
      running = undefined;
      if (stopping) return ended.resolve();
      if (!wasUp && starts >= STARTS) {
        up.reject(new Error(lastLineOf(lastWords) ?? `${options.name} does not start: ${how}`));
        return ended.resolve();
      }
      endsInARow = performance.now() - startedAt > FINE_AFTER_MS ? 1 : endsInARow + 1;
      options.onEnd(how);
      pause = setTimeout(start, pauseBefore(endsInARow));
    };
    child.once("error", (error) => onEnd(error.message));
    child.once("exit", (code, signal) => onEnd(signal ? `signal ${signal}` : `exit code ${code}`));
    options.onStart();
  };
  start();

  return {
    name: options.name,
    get pid() {
      return running?.pid;
    },
    up: up.promise,
    stop() {
      stopping = true;
      clearTimeout(pause);
      if (running) running.kill("SIGTERM");
      else ended.resolve();
      return ended.promise;
    },
    kill() {
      stopping = true;
      clearTimeout(pause);
      running?.kill("SIGKILL");
    },
  };
}

function onLines(child: ChildProcess, act: (line: string) => void): void {
  let rest = "";
  child.stdout?.on("data", (text: Buffer) => {
    const lines = `${rest}${text}`.split("\n");
    rest = (lines.pop() ?? "").slice(-4_000);
    lines.forEach(act);
  });
}

/** What a process said last: a line for people, or the message of a line of a structured log. */
export function lastLineOf(text: string): string | undefined {
  const line = text.trimEnd().split("\n").at(-1)?.trim();
  if (!line) return undefined;
  try {
    const { message } = JSON.parse(line) as { message?: unknown };
    return typeof message === "string" ? message : line;
  } catch {
    return line;
  }
}
