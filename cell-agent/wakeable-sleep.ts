import type { Clock } from "#core/ports.ts";

/** A pause that somebody else may end early. A wake that comes while nobody sleeps ends the next sleep at once. */
export interface WakeableSleep {
  sleep(milliseconds: number): Promise<void>;
  wake(): void;
}

export function wakeableSleep(clock: Pick<Clock, "sleep">): WakeableSleep {
  let woken = false;
  let alarm: AbortController | undefined;
  return {
    async sleep(milliseconds) {
      if (!woken) {
        alarm = new AbortController();
        await clock.sleep(milliseconds, alarm.signal);
        alarm = undefined;
      }
      woken = false;
    },
    wake() {
      woken = true;
      alarm?.abort();
    },
  };
}
