import * as z from "zod";
import { NetworkId, RolloutId } from "../ids.ts";
import type { Rollout } from "./rollout.ts";
import type { Sighting } from "./sighting.ts";

/** How many earlier holders are remembered: whoever was first of more than these has nothing left to take back. */
const MOST_EARLIER = 20;

/**
 * Which rollout wrote a network's intent last. It holds the network until it ends, and stays here afterwards, so that a rollback of
 * an older one finds out that its work was built upon. One record a network.
 */
export const RolloutHold = z.strictObject({
  network: NetworkId,
  rollout: RolloutId,
  /** Those that had it before, the newest first. */
  over: z.array(RolloutId).max(MOST_EARLIER),
  /** The holder's `supersede`: every older rollout that wants the network has lost it, also one that had not come to it. */
  supersedes: z.boolean().default(false),
});
export type RolloutHold = z.infer<typeof RolloutHold>;

/** The hold once a rollout takes the network: the same record where it has it already. */
export function takenBy(
  hold: RolloutHold | undefined,
  network: NetworkId,
  { id, spec }: Pick<Rollout, "id"> & { readonly spec: Pick<Rollout["spec"], "supersede"> },
): RolloutHold {
  if (hold?.rollout === id) return hold;
  const earlier = hold ? [hold.rollout, ...hold.over.filter((one) => one !== id)] : [];
  return { network, rollout: id, over: earlier.slice(0, MOST_EARLIER), supersedes: spec.supersede };
}

/** The hold as one rollout sees it: that of one that has ended keeps nobody off, but tells whom it came after. */
export function holdSeenBy(
  viewer: RolloutId | undefined,
  hold: RolloutHold | undefined,
  holderHasEnded: boolean,
): Sighting["hold"] {
  if (!hold) return undefined;
  // Ids rise with time.
  const hasLost = (one: RolloutId) => hold.over.includes(one) || (hold.supersedes && one < hold.rollout);
  const over = viewer !== undefined && hasLost(viewer) ? viewer : null;
  return holderHasEnded && over === null && hold.rollout !== viewer ? undefined : { rollout: hold.rollout, over };
}
