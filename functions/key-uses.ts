import { USE_PERIOD_MS } from "#core/model/api-key.ts";
import type { Principal } from "#core/model/organization.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { recordKeyUse } from "#core/operations/record-key-use.ts";

/** How many keys are remembered; more only cost a read each time. */
const MOST = 10_000;

/** Notes that a key was used. The request does not wait for it, and it is written at most once a minute. */
export function keyUses(deps: Dependencies): (principal: Principal) => void {
  const noted = new Map<string, number>();
  return ({ actor }) => {
    const now = deps.clock.now();
    if (!actor.startsWith("key:") || now - (noted.get(actor) ?? -USE_PERIOD_MS) < USE_PERIOD_MS) return;
    if (noted.size >= MOST) noted.clear();
    noted.set(actor, now);
    recordKeyUse(deps, actor.slice("key:".length)).catch((error: unknown) => {
      noted.delete(actor);
      deps.log("debug", "use of a key not noted", { actor, error: String(error) });
    });
  };
}
