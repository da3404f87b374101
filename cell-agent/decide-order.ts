import { compareFences, type Fence } from "#core/model/instance.ts";
import type { Manager } from "#core/model/instance-status.ts";
import { HAND_OVER } from "./cell.ts";

/** What an order meets in the cell. */
export interface Standing {
  /** The cell's epoch: the highest that any order or the control plane has named. */
  readonly epoch: number;
  /** The instance there is, by its fence and the hash of what was ordered. */
  readonly held: Held | undefined;
  /** The fence of the newest deletion, kept for a day. */
  readonly tombstone: Fence | undefined;
}

export interface Held extends Fence {
  readonly content: string;
  readonly deleting: boolean;
  /** Who owns its spec: only they change it. */
  readonly managedBy: Manager;
  /** Its owner lets the control plane take it over. */
  readonly handedOver: boolean;
}

/** What becomes of an order. */
export type Ruling =
  | { readonly do: "apply" }
  | { readonly do: "nothing" }
  | { readonly do: "wait"; readonly reason: string }
  | { readonly do: "leave"; readonly reason: string }
  | { readonly do: "refuse"; readonly highestSeen: Fence; readonly reason: string };

/** Whether an order to have a network is newer than all that was seen (R3), the same again, or late. */
export function decideOrder(order: Fence & { content: string }, { epoch, held, tombstone }: Standing): Ruling {
  const stale = staleFor(order, { epoch, held, tombstone });
  if (stale) return stale;
  if (tombstone && compareFences(order, tombstone) === 0)
    return refuse(tombstone, "the network was deleted by that very order");
  if (held && compareFences(order, held) === 0 && !held.deleting)
    return held.content === order.content
      ? { do: "nothing" }
      : refuse(held, "another content was accepted under the same epoch and generation");
  if (held?.deleting) return { do: "wait", reason: "The network is being deleted; order it again when it is gone." };
  return held?.managedBy === "kubectl" && !held.handedOver ? leave : { do: "apply" };
}

/** Whether an order to delete counts. The fence of the newest order is enough: what it made may be taken away again. */
export function decideRemoval(order: Fence, standing: Standing): Ruling {
  const stale = staleFor(order, standing);
  if (stale) return stale;
  if (standing.held?.managedBy === "kubectl") return leave;
  const recorded = standing.tombstone && compareFences(order, standing.tombstone) === 0;
  return recorded && (!standing.held || standing.held.deleting) ? { do: "nothing" } : { do: "apply" };
}

function staleFor(order: Fence, { epoch, held, tombstone }: Standing): Ruling | undefined {
  const seen = [held, tombstone].filter((one) => one !== undefined);
  const highest = seen.reduce<Fence>((a, b) => (compareFences(a, b) >= 0 ? a : b), { epoch, generation: 0 });
  if (order.epoch < epoch) return refuse(highest, `epoch ${epoch} has begun`);
  return compareFences(order, highest) < 0 ? refuse(highest, "a newer order was accepted") : undefined;
}

const leave: Ruling = {
  do: "leave",
  reason: `This network was written with kubectl, and whoever did that owns it. To have the control plane take it over, annotate it: kubectl annotate netinst <name> ${HAND_OVER}=control-plane`,
};

const refuse = ({ epoch, generation }: Fence, why: string): Ruling => ({
  do: "refuse",
  highestSeen: { epoch, generation },
  reason: `This order is not the newest: ${why}. Read the network again and order with a higher generation.`,
});
