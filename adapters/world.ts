import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { IdKind, IdOf } from "#core/model/ids.ts";
import type { Clock, Ids } from "#core/ports.ts";

export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    sleep(milliseconds, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    }),
};

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * ULIDs in lower case: 10 characters of time, 16 of chance. Within one millisecond the random part counts up, so ids of one
 * process rise strictly.
 */
export function ulids(clock: Pick<Clock, "now">): Ids {
  let lastTime = 0;
  let lastRandom = 0n;
  return {
    next<K extends IdKind>(kind: K) {
      const time = Math.max(clock.now(), lastTime);
      lastRandom = time === lastTime ? lastRandom + 1n : BigInt(`0x${randomBytes(10).toString("hex")}`) >> 1n;
      lastTime = time;
      return `${kind}_${base32(BigInt(time), 10)}${base32(lastRandom, 16)}` as IdOf<K>;
    },
  };
}

function base32(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest >>= 5n) text = alphabet[Number(rest & 31n)] + text;
  return text;
}
