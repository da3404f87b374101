import { type Batch, fate } from "../batch.ts";
import type { Fail, Processor } from "../component.ts";

/** What a step may answer instead of an event. */
export const filtered = Symbol("filtered");

/** A step that turns one event into one or none. */
export function each(handle: (batch: Batch, index: number) => unknown, fail: Fail): Processor {
  return {
    run(batch) {
      for (let index = 0; index < batch.events.length; index++) {
        if (!batch.isLive(index)) continue;
        try {
          const result = handle(batch, index);
          if (result === filtered) batch.settle(index, fate.filtered);
          else batch.events[index] = result;
        } catch (error) {
          fail(batch, index, error);
        }
      }
    },
  };
}
