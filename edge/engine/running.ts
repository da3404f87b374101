import type { Health, PipelineBeat, RecentProblem } from "#core/messages.ts";
import { millisecondsOf } from "#core/model/duration.ts";
import type { Counters } from "./books.ts";
import type { EngineClock, Input } from "./component.ts";
import type { Flow } from "./flow.ts";
import { healthOf, RecentRates } from "./health.ts";
import type { PipelineStart } from "./pipeline-start.ts";
import type { Destination } from "./router.ts";
import { SAVE_EVERY_MS, type Saver } from "./saver.ts";

export interface RunningPipeline {
  counters(): Counters;
  /** The counters as a heartbeat carries them. */
  beat(): Pick<PipelineBeat, "i" | "o" | "e" | "lag">;
  health(): Health;
  /** The newest five, equal ones counted. */
  problems(): RecentProblem[];
  /** Resolves when it ended by itself because it could not go on. */
  readonly failed: Promise<Error>;
  /** Resolves when every input came to its end and everything was delivered and saved. A followed file has no end. */
  readonly done: Promise<void>;
  /** Inputs stop, what was read is delivered within so long, then it ends; the rest is read again by whoever starts next. */
  drain(milliseconds: number): Promise<void>;
  /** Ends at once. */
  stop(): Promise<void>;
}

const defaults = { deadline: "2m", maxErrorRate: 0.05, maxLag: "10m" } as const;
/** How often a draining pipeline looks again; outputs that wait for more are flushed each time. */
const LOOK_MS = 20;

export async function running(parts: {
  start: PipelineStart;
  clock: EngineClock;
  flow: Flow;
  saver: Saver;
  inputs: readonly { step: { id: string }; input: Input }[];
  destinations: readonly Destination[];
  close: () => void;
}): Promise<RunningPipeline> {
  const { start, clock, flow, saver, inputs, destinations } = parts;
  const { health = {} } = start.document;
  const rates = new RecentRates();
  const ending = new AbortController();
  const limits = {
    deadlineMs: millisecondsOf(health.deadline ?? defaults.deadline),
    maxErrorRate: health.maxErrorRate ?? defaults.maxErrorRate,
    maxLagMs: millisecondsOf(health.maxLag ?? defaults.maxLag),
  };
  const lagBytes = () => inputs.reduce((sum, { input }) => sum + input.lagBytes(), 0);

  const reading = Promise.all(
    inputs.map(({ step, input }) =>
      input.run(flow.intakeOf(step.id)).catch((error: unknown) => {
        flow.fail(error instanceof Error ? error : new Error(String(error)));
      }),
    ),
  );
  // What an input found first is where it goes on: saved before anything else can happen to it.
  await saver.save("even if nothing was committed");
  void keepSaving();

  async function keepSaving(): Promise<void> {
    while (!ending.signal.aborted) {
      await clock.sleep(SAVE_EVERY_MS, ending.signal);
      if (ending.signal.aborted) return;
      rates.of(clock.now(), flow.books);
      await saver.save();
      flow.wake();
    }
  }

  async function delivered(until: number): Promise<void> {
    while (flow.books.held > 0 && !flow.failure && !ending.signal.aborted && clock.now() < until) {
      for (const { output } of destinations) output.flush();
      await clock.sleep(LOOK_MS);
    }
  }

  const finished = reading.then(async () => {
    await delivered(Number.POSITIVE_INFINITY);
    if (!flow.failure) await saver.save();
  });

  let isEnding = false;
  let ended: Promise<void> | undefined;
  async function end(milliseconds: number): Promise<void> {
    isEnding = true;
    flow.stopInputs();
    for (const { input } of inputs) input.stop();
    const until = clock.now() + milliseconds;
    await Promise.race([reading, clock.sleep(Math.max(milliseconds, 1_000))]);
    await delivered(until);
    ending.abort();
    await saver.save();
    flow.isEnded = true;
    parts.close();
  }
  const endOnce = (milliseconds: number) => {
    ended ??= end(milliseconds);
    return ended;
  };

  return {
    counters: () => flow.books.counters(lagBytes()),
    beat() {
      const { in: i, out: o, errors: e, lagBytes: lag } = flow.books.counters(lagBytes());
      return { i, o, e, lag };
    },
    health() {
      const now = clock.now();
      const behind = inputs.map(({ input }) => input.behindSince()).filter((since) => since !== undefined);
      return healthOf({
        now,
        state: flow.failure ? "failed" : isEnding ? "stopped" : "running",
        blocked: destinations.filter(({ output }) => output.blocked() !== undefined).length,
        ...rates.of(now, flow.books),
        held: flow.books.held,
        progressAt: flow.progressAt,
        behindSince: behind.length > 0 ? Math.min(...behind) : undefined,
        limits,
      });
    },
    problems: () => flow.problems.newest(),
    failed: flow.failed.then(async (error) => {
      await endOnce(0);
      return error;
    }),
    done: finished,
    drain: endOnce,
    stop: () => endOnce(0),
  };
}
