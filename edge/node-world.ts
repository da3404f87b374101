import type { Chance, Clock } from "#core/ports/world.ts";
import type { Log } from "./log.ts";

/** Time, chance and the log: what a test gives instead of the real ones. */
export interface NodeWorld {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}
