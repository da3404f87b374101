import type { Health } from "#core/messages.ts";

/** What the health of a pipeline is judged from. Moments and spans are milliseconds of the pipeline's clock. */
export interface HealthFacts {
  readonly now: number;
  readonly state: "starting" | "running" | "stopped" | "failed";
  /** Outputs that do not get on. */
  readonly blocked: number;
  /** Of the last minute. */
  readonly recentIn: number;
  readonly recentErrors: number;
  readonly held: number;
  /** When an event last ended. */
  readonly progressAt: number;
  readonly behindSince: number | undefined;
  readonly limits: { readonly deadlineMs: number; readonly maxErrorRate: number; readonly maxLagMs: number };
}

/** Healthy: everything ready, error rate and lag under their limits, and acknowledgements advance when input does. */
export function healthOf(facts: HealthFacts): Health {
  const { now, state, limits, recentIn, recentErrors, behindSince } = facts;
  if (state !== "running") return state;
  const isStuck = facts.held > 0 && now - facts.progressAt > limits.deadlineMs;
  const isFailing = recentIn > 0 && recentErrors / recentIn > limits.maxErrorRate;
  const isLate = behindSince !== undefined && now - behindSince > limits.maxLagMs;
  return isStuck || isFailing || isLate || facts.blocked > 0 ? "degraded" : "ok";
}

/** Events and errors of about the last minute, kept as six sums of ten seconds. */
export class RecentRates {
  private readonly slots: { at: number; in: number; errors: number }[] = [];
  private before = { in: 0, errors: 0 };

  /** Told the totals; cheap enough to be asked with each heartbeat and each checkpoint. */
  of(now: number, totals: { in: number; errors: number }): { recentIn: number; recentErrors: number } {
    const slot = Math.floor(now / 10_000);
    const last = this.slots.at(-1);
    const current = last?.at === slot ? last : { at: slot, in: 0, errors: 0 };
    if (current !== last) this.slots.push(current);
    current.in += totals.in - this.before.in;
    current.errors += totals.errors - this.before.errors;
    this.before = { in: totals.in, errors: totals.errors };
    while (this.slots[0] && this.slots[0].at < slot - 5) this.slots.shift();
    return {
      recentIn: this.slots.reduce((sum, each) => sum + each.in, 0),
      recentErrors: this.slots.reduce((sum, each) => sum + each.errors, 0),
    };
  }
}
