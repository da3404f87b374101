import * as z from "zod";
import { Refusal } from "#core/errors.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { IDEMPOTENCY_MS } from "#core/model/idempotency.ts";
import type { Bus, Clock, KvBucket, Secrets } from "#core/ports.ts";

/** A request that never ended (its orchestrator was killed) may be begun anew after this. */
const ABANDONED_MS = 30_000;

/** What a request was answered; `secret`: there was one in it, and it is not kept. */
export const Answered = z.object({ status: z.int(), body: z.unknown(), secret: z.boolean() });
export type Answered = z.infer<typeof Answered>;

const Remembered = z.object({ request: z.string(), startedAt: z.number(), answer: Answered.optional() });

export interface Repeats {
  /** Acts once per key and caller within 24 h; the same request again gets the first answer. */
  once(key: string, request: unknown, act: () => Promise<Answered>): Promise<Answered>;
}

export const openRepeats = async (own: Bus, deps: { clock: Clock; secrets: Secrets }): Promise<Repeats> =>
  repeatsIn(await own.bucket("IDEMPOTENCY", { ttlMs: IDEMPOTENCY_MS }), deps);

const repeatsIn = (bucket: KvBucket, { clock, secrets }: { clock: Clock; secrets: Secrets }): Repeats => ({
  async once(key, request, act) {
    const id = secrets.sha256(key);
    const begun = { request: secrets.sha256(canonicalJson(request)), startedAt: clock.now() };
    const entry = await bucket.get(id);
    if (entry) {
      const known = Remembered.parse(JSON.parse(entry.value));
      if (known.request !== begun.request)
        throw new Refusal(
          "idempotency-key-reused",
          "This Idempotency-Key was used for another request. Use a new key for a new request.",
        );
      if (known.answer?.secret)
        throw new Refusal(
          "secret-already-shown",
          "This was made before and its secret was shown then. If it is lost, revoke it and make a new one with a new Idempotency-Key.",
        );
      if (known.answer) return known.answer;
      if (begun.startedAt - known.startedAt < ABANDONED_MS)
        throw new Refusal("conflict", "The same request is still being worked on. Try again in a moment.");
      await bucket.replace(id, JSON.stringify(begun), entry.revision);
    } else await bucket.create(id, JSON.stringify(begun));

    try {
      const answer = await act();
      const kept = answer.secret ? { ...answer, body: null } : answer;
      await bucket.put(id, JSON.stringify({ ...begun, answer: kept }));
      return answer;
    } catch (error) {
      await bucket.remove(id).catch(() => undefined);
      throw error;
    }
  },
});
