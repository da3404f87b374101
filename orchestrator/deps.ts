import type { Clock, Ids, Log, Secrets } from "#core/ports.ts";
import type { Settings } from "./settings.ts";

/** What an orchestrator acts through; built once, in `main.ts` or by a test. */
export interface Dependencies {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: Secrets;
  readonly log: Log;
}
