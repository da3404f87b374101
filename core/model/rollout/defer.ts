import * as z from "zod";
import { Refusal } from "../../errors.ts";
import { invalidInput } from "../parse.ts";
import { type PlanName, plans } from "../plan.ts";
import { Timestamp, timestampOf } from "../time.ts";

const DAY = 24 * 60 * 60_000;

/** What an owner asks of the updates that come to a network. */
export const DeferralRequest = z.strictObject({
  /** Not before this; null takes a deferral back. */
  until: Timestamp.nullable(),
  reason: z.string().trim().max(500).default(""),
});
export type DeferralRequest = z.infer<typeof DeferralRequest>;

/** That a network's owner does not want it yet. Kept on the target, so that it and a start exclude one another. */
export const Deferral = z.strictObject({
  until: Timestamp.nullable(),
  /** How often this rollout was deferred here; taking it back does not make it fewer. */
  times: z.int().positive(),
  reason: z.string(),
  by: z.string(),
});
export type Deferral = z.infer<typeof Deferral>;

export interface DeferralOrder extends DeferralRequest {
  readonly actor: string;
  readonly plan: PlanName;
  /** When the rollout was announced: its limit counts from there. */
  readonly announcedAt: number;
  readonly now: number;
}

/**
 * The deferral after an order, the same one where it says nothing new. The plan limits how often a rollout is put off, and for how long
 * after it was announced, so that no release has to be kept alive for the last ones.
 */
export function deferUpdate(before: Deferral | undefined, order: DeferralOrder): Deferral | undefined {
  const { until, reason, actor, plan, announcedAt, now } = order;
  if (until === (before?.until ?? null)) return before;
  if (until === null) return before && { ...before, until };
  const { days, times } = plans[plan].deferral;
  const latest = announcedAt + days * DAY;
  if (Date.parse(until) <= now) throw refusal(`is over already: it is ${timestampOf(now)}`);
  if (Date.parse(until) > latest)
    throw refusal(`must be at most ${timestampOf(latest)}: with the plan ${plan} an update waits ${days} days`);
  const count = (before?.times ?? 0) + 1;
  if (count > times)
    throw new Refusal(
      "not-possible-now",
      `With the plan ${plan} an update may be deferred ${times === 1 ? "once" : `${times} times`}, and this one was already.`,
    );
  return { until, times: count, reason, by: actor };
}

const refusal = (message: string): Refusal => invalidInput([{ path: "until", message }]);

/** Until when, or null where nothing is deferred any more. */
export const deferredAt = (deferral: Deferral | undefined, now: number): number | null => {
  const until = deferral?.until ? Date.parse(deferral.until) : null;
  return until !== null && now < until ? until : null;
};
