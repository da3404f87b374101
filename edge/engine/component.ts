import type { Scope } from "#adapters/cel.ts";
import type { OnError } from "#core/model/pipeline/document.ts";
import type { Log } from "../log.ts";
import type { Batch } from "./batch.ts";
import type { Policy } from "./policy.ts";

/** What a component may use of the pipeline around it. */
export interface Surroundings {
  readonly pipeline: string;
  readonly node: Scope["node"];
  /** The pipeline's own folder. */
  readonly folder: string;
  readonly policy: Policy;
  readonly log: Log;
  readonly clock: EngineClock;
  readonly eventBytes: number;
  readonly inFlightBytes: number;
  readonly secrets: Readonly<Record<string, string>>;
  problem(level: "e" | "w", code: string, message: string): void;
  /** Ends the pipeline: it cannot go on by itself. */
  fail(error: Error): void;
}

export interface EngineClock {
  /** Monotonic milliseconds: a clock that jumps changes nothing here. */
  now(): number;
  /** Milliseconds since 1970, to be shown. */
  wall(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  random(): number;
}

/** What an input hands in: events in order, with what they were read from. */
export interface Reading {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly raws: readonly string[];
  readonly events: unknown[];
  committed(): void;
}

export interface Intake {
  /** Resolves when there is room for another batch, or at once. False: the pipeline stops, read no more. */
  room(): Promise<boolean>;
  /** Runs the events through the pipeline. Only after `room`. */
  take(reading: Reading): void;
  /** An event that is too large to be read at all: what there is of it becomes a dead letter. */
  refuse(reading: Omit<Reading, "events">, reason: string): void;
}

export interface Input {
  /** Reads until its end, or until `stop`; rejects only if it cannot go on. */
  run(intake: Intake): Promise<void>;
  stop(): void;
  /** What to start from next time: JSON of what is committed. */
  position(): unknown;
  lagBytes(): number;
  /** Since when something waits to be read, on the pipeline's clock. */
  behindSince(): number | undefined;
  close(): void;
}

/** A step that looks at each event. It reads and writes `batch.events`, and settles what goes no further. */
export interface Processor {
  run(batch: Batch): void;
}

export interface Output {
  /** Takes events of a batch by index, and settles each exactly once, sooner or later. */
  write(batch: Batch, indexes: readonly number[]): void;
  /** Sends now what waits for more. */
  flush(): void;
  /** Why it does not get on, if it does not. */
  blocked(): string | undefined;
  close(): void;
}

/** Ends an event that a step could not handle, as its `onError` says. False: it goes on as it was (`pass`). */
export type Fail = (batch: Batch, index: number, error: unknown) => boolean;

/** What `onError` is when a step does not say: nothing is lost silently. */
export const defaultOnError: OnError = "deadLetter";

/** The scope of expressions, reused from event to event. */
export function scopeOf(node: Scope["node"]) {
  const meta = { input: "", path: "", offset: 0, time: new Date(0) };
  const scope = { e: undefined as unknown, meta, node };
  let current: Batch | undefined;
  let index = 0;
  Object.defineProperty(meta, "offset", { enumerable: true, get: () => current?.offsetOf(index) ?? 0 });
  return (batch: Batch, at: number): Scope => {
    if (current !== batch) {
      current = batch;
      meta.input = batch.origin.input;
      meta.path = batch.origin.path;
      meta.time = batch.origin.time;
    }
    index = at;
    scope.e = batch.events[at];
    return scope;
  };
}
