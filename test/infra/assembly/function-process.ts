import { type ChildProcess, fork } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Json } from "../synthesize.ts";

/** How an invoked function failed: its error's name is what Step Functions matches on. */
export class FunctionError extends Error {
  constructor({ errorType, errorMessage }: { errorType: string; errorMessage: string }) {
    super(errorMessage);
    this.name = errorType;
  }
}

export interface FunctionProcess {
  invoke(event: unknown): Promise<Json>;
  /** How many invocations it has not answered yet. */
  running(): number;
  /** Ends the process once it has answered all; whoever invokes it again starts another one. */
  rest(): void;
  kill(): void;
}

/** One function from its asset, in a process of its own, started when it is first invoked. */
export function functionProcess(options: {
  readonly name: string;
  readonly asset: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: string;
}): FunctionProcess {
  let child: ChildProcess | undefined;
  let count = 0;
  let resting = false;
  const waiting = new Map<number, PromiseWithResolvers<Json>>();

  function endIfIdle(): void {
    if (waiting.size > 0) return;
    child?.kill("SIGKILL");
    child = undefined;
  }

  function start(): ChildProcess {
    const bundle = pathToFileURL(join(options.asset, "index.mjs")).href;
    const started = fork(join(import.meta.dirname, "lambda-runtime.mjs"), [bundle], {
      // Nothing of ours comes in: what a function knows is what the template tells it.
      env: { ...options.environment },
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const write = (chunk: Buffer) => appendFileSync(options.log, `${options.name}: ${chunk}`);
    started.stdout?.on("data", write);
    started.stderr?.on("data", write);
    started.on(
      "message",
      ({
        id,
        result,
        error,
      }: {
        id?: number;
        result: Json;
        error?: ConstructorParameters<typeof FunctionError>[0];
      }) => {
        const answer = id === undefined ? undefined : waiting.get(id);
        waiting.delete(id ?? -1);
        if (resting) endIfIdle();
        if (error) answer?.reject(new FunctionError(error));
        else answer?.resolve(result);
      },
    );
    started.on("exit", () => {
      // One that was sent to rest has left nobody waiting.
      if (child !== started) return;
      child = undefined;
      const error = new FunctionError({ errorType: "Lambda.Unknown", errorMessage: `${options.name} ended.` });
      for (const answer of waiting.values()) answer.reject(error);
      waiting.clear();
    });
    return started;
  }

  return {
    invoke(event) {
      resting = false;
      child ??= start();
      const id = count++;
      const answer = Promise.withResolvers<Json>();
      waiting.set(id, answer);
      child.send({ id, event: event ?? null });
      return answer.promise;
    },
    running: () => waiting.size,
    rest() {
      resting = true;
      endIfIdle();
    },
    kill: () => void child?.kill("SIGKILL"),
  };
}
