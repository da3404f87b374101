import { millisecondsOf } from "#core/model/duration.ts";
import type { GenerateInput } from "#core/model/pipeline/document.ts";
import type { Input, Surroundings } from "../component.ts";

const BATCH_EVENTS = 100;

/** Makes numbered events: as fast as they are taken, or one each `every`. Goes on counting where it stopped. */
export function generateInput(options: GenerateInput, saved: unknown, { clock }: Surroundings): Input {
  const stopping = new AbortController();
  const { count = Number.POSITIVE_INFINITY, event } = options;
  const every = options.every === undefined ? 0 : millisecondsOf(options.every);
  let made = typeof saved === "number" ? saved : 0;
  let committed = made;
  return {
    async run(intake) {
      while (made < count && (await intake.room())) {
        const first = made;
        const events = Array.from({ length: Math.min(every > 0 ? 1 : BATCH_EVENTS, count - made) }, (_, index) => ({
          ...event,
          seq: first + index,
        }));
        made += events.length;
        const after = made;
        const bytes = events.length * 64;
        intake.take({ path: "", offset: first, bytes, raws: [], events, committed: () => (committed = after) });
        if (every > 0) await clock.sleep(every, stopping.signal);
        else await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    stop: () => stopping.abort(),
    position: () => committed,
    lagBytes: () => 0,
    behindSince: () => undefined,
    close: () => {},
  };
}
