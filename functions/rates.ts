import { Refusal } from "#core/errors.ts";
import type { OrganizationId } from "#core/model/ids.ts";
import type { Caller, Principal } from "#core/model/organization.ts";
import { defaultQuota } from "#core/model/quota.ts";
import { type Bucket, take } from "#core/model/rate.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { quotaOf } from "#core/operations/quota.ts";

/** How long a limit is believed before it is read again: a changed quota holds after this. */
const BELIEVED_MS = 1_000;

/** How many organizations are remembered; one that is forgotten begins with a full bucket. */
const MOST = 10_000;

interface Remembered {
  readonly perMinute: number;
  readonly readAt: number;
  readonly bucket: Bucket | undefined;
}

/** What a request's rate says to the caller. */
export interface Rate {
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal?: Refusal;
}

/**
 * Counts requests by organization, in this process: the rate of one organization is exact where one process serves it (standalone),
 * and holds per instance on Lambda, where the API gateway's own throttle bounds the sum. Operators of the platform are not counted:
 * who can raise a limit must not be shut out by it.
 */
export function rates({ store, clock }: Pick<Dependencies, "store" | "clock">) {
  const remembered = new Map<string, Remembered>();

  async function limitOf(owner: string, org: OrganizationId | undefined): Promise<Remembered> {
    const known = remembered.get(owner);
    if (known && clock.now() - known.readAt < BELIEVED_MS) return known;
    const { requestsPerMinute } = org ? (await quotaOf(store, org)).value : defaultQuota;
    return { perMinute: requestsPerMinute, readAt: clock.now(), bucket: remembered.get(owner)?.bucket };
  }

  return async (principal: Principal, caller: Caller | undefined): Promise<Rate> => {
    if (principal.platform) return { headers: {} };
    // A key counts for its own organization, whatever it asks for; a person for the one they act in, or else for themselves.
    const org = principal.actor.startsWith("key:") ? principal.memberships[0]?.org : caller?.org;
    const owner = org ?? principal.actor;
    const { perMinute, readAt } = await limitOf(owner, org);
    const taken = take(remembered.get(owner)?.bucket, perMinute, clock.now());
    // The newest last, so that the first is who was silent the longest.
    remembered.delete(owner);
    remembered.set(owner, { perMinute, readAt, bucket: taken.bucket });
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MOST) break;
      remembered.delete(oldest);
    }

    const headers = {
      "ratelimit-policy": `${perMinute};w=60`,
      "ratelimit-limit": String(perMinute),
      "ratelimit-remaining": String(taken.remaining),
      "ratelimit-reset": String(taken.resetSeconds),
    };
    if (taken.allowed) return { headers };
    const refusal = new Refusal(
      "rate-limited",
      `More than ${perMinute} requests a minute. Wait ${taken.retryAfterSeconds} s, or ask the platform's operators to raise requestsPerMinute.`,
      {
        retryAfterSeconds: taken.retryAfterSeconds,
        extra: { quota: "requestsPerMinute", limit: perMinute },
      },
    );
    return { headers, refusal };
  };
}
