import { Refusal } from "../errors.ts";
import type { Network, NetworkStatus } from "./network.ts";
import { type Operation, withEntry } from "./operation.ts";
import type { Finding } from "./survey.ts";
import { timestampOf } from "./time.ts";

/**
 * A deletion ended by decree of an operator of the platform. What is left in the cell is the survey's business from then on. Refused
 * for anything but the deletion that a network still waits for.
 */
export function forced(
  operation: Operation,
  { newest, actor, reason, now }: { newest: boolean; actor: string; reason: string; now: number },
): Operation {
  const { id, kind, state } = operation;
  if (kind !== "delete") throw new Refusal("not-possible-now", `Only a deletion can be forced; ${id} is a ${kind}.`);
  if (!newest || state === "superseded" || state === "succeeded")
    throw new Refusal("not-possible-now", `${id} is over: ${state}. There is nothing to force.`);
  const at = timestampOf(now);
  return withEntry(
    { ...operation, state: "succeeded", nextActionAt: null, endedAt: at, error: null },
    { at, step: "Forced", outcome: "done", detail: `ended by ${actor} before the cell had done it: ${reason}` },
  );
}

/** What is known to be left in the cell when a deletion was forced, until a survey has seen for itself. */
export const leftBehind = (
  { id, org, name }: Network,
  status: NetworkStatus | undefined,
  { reason, now }: { reason: string; now: number },
): Finding => {
  const blockers = status?.observed.blockers ?? [];
  const held = blockers.length > 0 ? `; held by: ${blockers.join("; ")}` : "";
  return {
    network: id,
    what: "orphan",
    action: "removed",
    why: `its deletion was forced: ${reason}${held}`,
    org,
    name,
    since: timestampOf(now),
  };
};
