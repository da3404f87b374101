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

/** Secrets and digests. */
export interface Secrets {
  /** 32 random bytes, base64url. */
  random(): string;
  /** Hex SHA-256 of the UTF-8 text. */
  sha256(text: string): string;
  /** A keyed digest, base64url: proves that a text that comes back (a cursor) was ours. */
  mac(text: string): string;
}

/** Where code says what happened, for operators. Never give it a secret. */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  facts?: Readonly<Record<string, unknown>>,
) => void;
