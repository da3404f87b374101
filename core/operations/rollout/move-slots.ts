import { type RolloutTarget, type SlotLimits, slotsHeld } from "../../model/rollout/target.ts";
import type { Change } from "../../ports.ts";

/** The writes that take and give back what targets hold of the counters, as they go from one record to the next. */
export function moveSlots(
  moves: readonly { readonly before: RolloutTarget; readonly after: RolloutTarget }[],
  limits?: SlotLimits,
): Change[] {
  const sums = new Map<string, number>();
  const add = (counter: string, by: number) => sums.set(counter, (sums.get(counter) ?? 0) + by);
  for (const { before, after } of moves) {
    for (const counter of slotsHeld(before)) add(counter, -1);
    for (const counter of slotsHeld(after)) add(counter, 1);
  }
  return [...sums].flatMap(([counter, by]): Change[] => {
    if (by === 0) return [];
    const atMost = by > 0 && limits ? limitOf(limits, counter) : undefined;
    return [{ write: "count", counter, by, ...(atMost === undefined ? {} : { atMost }) }];
  });
}

/** `rollout/<id>/global`, `rollout/<id>/cell/<cell>`, `rollout/<id>/region/<region>`. */
function limitOf({ total, cell, region }: SlotLimits, counter: string): number {
  const [, , what, place = ""] = counter.split("/");
  return what === "global" ? total : what === "cell" ? cell(place) : region(place);
}
