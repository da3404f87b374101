import type { IdKind } from "../model/ids.ts";

/** Time as an input. Milliseconds since 1970, UTC. */
export interface Clock {
  now(): number;
}

/** New ids, rising with time. */
export interface Ids {
  next<K extends IdKind>(kind: K): string & { readonly [brand in never]: K };
}

/** Chance as an input, for jitter: a number from 0 up to, not including, 1. */
export type Chance = () => number;
