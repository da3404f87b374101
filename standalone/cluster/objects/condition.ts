import { timestampOf } from "#core/model/time.ts";
import type { Condition } from "./shapes.ts";

/** The condition with the time of its last change of status, which is now unless `before` has it with the same status. */
export function since(before: readonly Condition[] | undefined, now: number, condition: Condition): Condition {
  const last = before?.find(({ type }) => type === condition.type);
  const unchanged = last?.status === condition.status ? last.lastTransitionTime : undefined;
  return { ...condition, lastTransitionTime: unchanged ?? timestampOf(now) };
}
