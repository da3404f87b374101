import type { Clock } from "#core/ports.ts";
import type { Journal } from "../journal.ts";
import type { Pinned } from "../membership.ts";
import type { Objects } from "../observe/objects.ts";
import type { OrderBook } from "../take-order.ts";
import type { LongPolls } from "./long-polls.ts";

/** What endpoints work on. */
export interface Served {
  readonly clock: Clock;
  readonly book: OrderBook;
  readonly journal: Journal;
  readonly objects: Pick<Objects, "instances">;
  readonly pinned: Pinned;
  readonly polls: LongPolls;
  /** Why an operator on site holds the cell, or null. */
  readonly held: () => Promise<string | null>;
}

/** A call whose signature fits, its body read. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Refuses what is not JSON. */
  json(): unknown;
  /** Aborts when the caller has gone. */
  readonly caller: AbortSignal;
  /** The key that signed. */
  readonly kid: string;
}

export type Endpoint = (served: Served, call: Call) => Promise<{ status: 200 | 202; body: object }>;
