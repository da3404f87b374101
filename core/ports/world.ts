import type { IdKind, IdOf } from "../model/ids.ts";

/** Time as an input. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Resolves after so long; with `signal`, at once when it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** New ids, rising with time. */
export interface Ids {
  next<K extends IdKind>(kind: K): IdOf<K>;
}

/** Chance as an input, for jitter: a number from 0 up to, not including, 1. */
export type Chance = () => number;
