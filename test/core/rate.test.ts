import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, take } from "#core/model/rate.ts";

describe("a token bucket", () => {
  it.each([
    ["never used", undefined, 60, 0, { allowed: true, remaining: 59, retryAfterSeconds: 0 }],
    ["empty", { left: 0, at: 0 }, 60, 0, { allowed: false, remaining: 0, retryAfterSeconds: 1, resetSeconds: 60 }],
    ["empty a second ago", { left: 0, at: 0 }, 60, 1_000, { allowed: true, remaining: 0, retryAfterSeconds: 0 }],
    ["slow and empty", { left: 0, at: 0 }, 1, 0, { allowed: false, retryAfterSeconds: 60, resetSeconds: 60 }],
    ["full for a day", { left: 5, at: 0 }, 5, 86_400_000, { allowed: true, remaining: 4 }],
    ["of a clock set back", { left: 2, at: 10_000 }, 60, 0, { allowed: true, remaining: 1 }],
    ["above a limit that was lowered", { left: 100, at: 0 }, 10, 0, { allowed: true, remaining: 9 }],
  ])("that is %s", (_what, bucket, perMinute, now, expected) => {
    expect(take(bucket as Bucket | undefined, perMinute, now)).toMatchObject(expected);
  });

  it("lets through at most what it holds and what flows in, and at least that if asked often enough", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 300 }),
        (perMinute, pauses) => {
          let bucket: Bucket | undefined;
          let now = 0;
          let allowed = 0;
          for (const pause of pauses) {
            now += pause;
            const taken = take(bucket, perMinute, now);
            bucket = taken.bucket;
            if (taken.allowed) allowed += 1;
          }
          const most = perMinute + (now * perMinute) / 60_000;
          expect(allowed).toBeLessThanOrEqual(Math.ceil(most));
          if (allowed < pauses.length) expect(allowed).toBeGreaterThanOrEqual(Math.min(perMinute, pauses.length));
        },
      ),
    );
  });

  it("allows who waits as long as it said", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (perMinute, left) => {
          const refused = take({ left, at: 0 }, perMinute, 0);
          expect(refused.allowed).toBe(false);
          expect(take(refused.bucket, perMinute, refused.retryAfterSeconds * 1_000).allowed).toBe(true);
        },
      ),
    );
  });
});
