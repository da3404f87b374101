import type { NetworkId, OrganizationId } from "#core/model/ids.ts";
import { dayOf } from "#core/model/usage.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { type Calls, recordCalls } from "#core/operations/record-calls.ts";

/**
 * How long calls are counted here before they are recorded. A process that is killed loses at most what it counted in this time,
 * in the customer's favour; nothing is ever counted twice.
 */
const FLUSH_MS = 60_000;

/** Counts the calls of the API by organization and network. No request waits for it. */
export function apiCalls(deps: Dependencies): (org: OrganizationId, network: NetworkId | undefined) => void {
  const counted = new Map<string, Calls>();
  let begun: number | undefined;

  function flush(): void {
    begun = undefined;
    const all = [...counted.values()];
    counted.clear();
    // Whether a write that failed was made is not known, so it is not repeated.
    for (const calls of all)
      recordCalls(deps, calls).catch((error: unknown) =>
        deps.log("warn", "API calls not recorded", { ...calls, error: String(error) }),
      );
  }

  return (org, network = undefined) => {
    const now = deps.clock.now();
    const day = dayOf(now);
    const key = `${network ?? org}/${day}`;
    counted.set(key, { org, network: network ?? null, day, calls: (counted.get(key)?.calls ?? 0) + 1 });
    if (begun === undefined) {
      begun = now;
      // Where nobody calls again; a function that is frozen goes by the clock at its next call.
      setTimeout(flush, FLUSH_MS).unref();
    } else if (now - begun >= FLUSH_MS) flush();
  };
}
