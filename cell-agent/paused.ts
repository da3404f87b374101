import type { NetworkInstance } from "#core/model/instance.ts";
import type { Observed } from "#core/model/network.ts";
import { timestampOf } from "#core/model/time.ts";
import { PAUSED } from "./cell.ts";

/** True where somebody told the operator to leave this network alone. */
export const isPaused = ({ metadata }: Pick<NetworkInstance, "metadata">): boolean => {
  const said = metadata.annotations?.[PAUSED];
  return said !== undefined && said !== "false";
};

export const pausedMessage = `paused by the annotation ${PAUSED}: nothing is applied, renewed or taken away until it is removed`;

/** What the cell says of a network that it leaves alone: what it said before, and that it is paused. */
export function pausedStatusOf(
  { spec: order }: Pick<NetworkInstance, "spec">,
  { before, now }: { before: Observed; now: number },
): Observed {
  const known = before.conditions.find(({ type }) => type === "Paused");
  return {
    ...before,
    epoch: order.epoch,
    generation: order.generation,
    conditions: [
      ...before.conditions.filter(({ type }) => type !== "Paused"),
      {
        ...{ type: "Paused", status: "True" as const, reason: "PausedByAnnotation", message: pausedMessage },
        since: known?.since ?? timestampOf(now),
      },
    ],
    reportedAt: timestampOf(now),
  };
}
