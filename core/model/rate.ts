/** A token bucket: how many requests are left, and when that was so. */
export interface Bucket {
  readonly left: number;
  readonly at: number;
}

/** What one request found. Seconds are whole, rounded up, so that who waits them is not early. */
export interface Taken {
  readonly bucket: Bucket;
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetSeconds: number;
  /** Until the next request is allowed; 0 where this one was. */
  readonly retryAfterSeconds: number;
}

/** Takes one request out of a bucket that holds `perMinute` and fills at that rate. One that was never used is full. */
export function take(before: Bucket | undefined, perMinute: number, now: number): Taken {
  const perMs = perMinute / 60_000;
  // A clock that was set back fills nothing, and takes nothing away.
  const gained = before ? Math.max(now - before.at, 0) * perMs : perMinute;
  const filled = Math.min((before?.left ?? 0) + gained, perMinute);
  const allowed = filled >= 1;
  const left = allowed ? filled - 1 : filled;
  return {
    bucket: { left, at: now },
    allowed,
    remaining: Math.floor(left),
    resetSeconds: Math.ceil((perMinute - left) / perMs / 1_000),
    retryAfterSeconds: allowed ? 0 : Math.max(Math.ceil((1 - filled) / perMs / 1_000), 1),
  };
}
