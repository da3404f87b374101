import * as z from "zod";
import { CellId, NetworkId, OrganizationId, RolloutId } from "../ids.ts";
import { Timestamp } from "../time.ts";
import { slotsOf } from "./amount.ts";
import { Intent } from "./change.ts";
import { Deferral } from "./defer.ts";
import { orderOf } from "./order.ts";
import type { Pace } from "./spec.ts";

export const targetStates = [
  "pending",
  "waiting",
  "updating",
  "soaking",
  "done",
  "failed",
  "timed-out",
  "skipped",
  "deferred",
  "rolled-back",
] as const;
export type TargetState = (typeof targetStates)[number];

/** Why a target is where it is: what a person filters by, and the sentence. */
export const Why = z.strictObject({ code: z.string(), message: z.string() });
export type Why = z.infer<typeof Why>;

export const TargetFailure = z.strictObject({
  code: z.string(),
  message: z.string(),
  at: Timestamp,
  /** Last lines of its log and its last events, as the cell reported them. Kept after a rollback. */
  excerpt: z.array(z.string()).max(50),
});
export type TargetFailure = z.infer<typeof TargetFailure>;

/** One change of a network's intent, there or back, until it is settled. All times are of our own clock. */
export const Attempt = z.strictObject({
  /** The generation that this attempt wrote. */
  generation: z.int().positive(),
  /** Where it held its slot: a network that moves meanwhile gives back the slot it took. */
  cell: CellId,
  region: z.string(),
  startedAt: Timestamp,
  /** Its deadlines count from here: the start, and later by every silence of the cell. */
  clockFrom: Timestamp,
  /** Nodes online before the change. */
  nodesBefore: z.int().nonnegative(),
  healthySince: Timestamp.nullable(),
  /** After it was done, while its wave bakes. */
  unhealthySince: Timestamp.nullable(),
  silentSince: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  failure: TargetFailure.nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** One network in one rollout: one record. */
export const RolloutTarget = z.strictObject({
  /** `<rollout>/<network>`. */
  id: z.string(),
  rollout: RolloutId,
  network: NetworkId,
  org: OrganizationId,
  wave: z.int().nonnegative(),
  order: z.string(),
  state: z.enum(targetStates),
  why: Why.nullable(),
  since: Timestamp,
  /** What the network was asked to be before the rollout touched it. */
  before: Intent.nullable(),
  attempt: Attempt.nullable(),
  /** The way back. */
  undo: Attempt.nullable(),
  /** How long it has waited for its cell: what `progressDeadline` is held against. */
  blocked: z.strictObject({ spentMs: z.int().nonnegative(), since: Timestamp.nullable() }).nullable(),
  /** Its owner put it off, once or more often. */
  deferral: Deferral.optional(),
});
export type RolloutTarget = z.infer<typeof RolloutTarget>;

export const targetIdOf = (rollout: RolloutId, network: NetworkId): string => `${rollout}/${network}`;

export interface TargetBirth {
  readonly rollout: RolloutId;
  readonly network: NetworkId;
  readonly org: OrganizationId;
  readonly wave: number;
  readonly now: number;
}

export const pendingTarget = ({ rollout, network, org, wave, now }: TargetBirth): RolloutTarget => ({
  id: targetIdOf(rollout, network),
  rollout,
  network,
  org,
  wave,
  order: orderOf(rollout, network),
  state: "pending",
  why: null,
  since: new Date(now).toISOString(),
  before: null,
  attempt: null,
  undo: null,
  blocked: null,
});

/** Not begun. */
export const isOpen = ({ state }: Pick<RolloutTarget, "state">): boolean => state === "pending" || state === "waiting";
/** Begun and not settled: it holds a slot. A target whose wave bakes holds none. */
export const isInFlight = ({ state }: Pick<RolloutTarget, "state">): boolean =>
  state === "updating" || state === "soaking";
export const targetHasEnded = (target: Pick<RolloutTarget, "state">): boolean => !isOpen(target) && !isInFlight(target);

/** The attempt that counts now. */
export const currentAttempt = ({ attempt, undo }: Pick<RolloutTarget, "attempt" | "undo">): Attempt | null =>
  undo ?? attempt;

/** The same record where neither state nor code differ, so that a pass with nothing new writes nothing. */
export function withState(target: RolloutTarget, state: TargetState, why: Why | null, now: number): RolloutTarget {
  if (target.state === state && target.why?.code === why?.code) return target;
  const since = target.state === state ? target.since : new Date(now).toISOString();
  return { ...target, state, why, since };
}

/**
 * Names of the counters that hold a target's slot while it is in flight. A write that moves a target adds the difference
 * between the record before and after, with the limits as bounds.
 */
export function slotsHeld(target: RolloutTarget): string[] {
  const attempt = currentAttempt(target);
  if (!isInFlight(target) || !attempt) return [];
  const prefix = `rollout/${target.rollout}`;
  return [`${prefix}/global`, `${prefix}/cell/${attempt.cell}`, `${prefix}/region/${attempt.region}`];
}

/** How many targets there are in all and by place: what shares are of. */
export interface Sizes {
  readonly total: number;
  readonly byCell: ReadonlyMap<string, number>;
  readonly byRegion: ReadonlyMap<string, number>;
}

export interface SlotLimits {
  readonly total: number;
  readonly cell: (cell: string) => number;
  readonly region: (region: string) => number;
}

export const slotLimits = ({ total, perCell, perRegion }: Pace, sizes: Sizes): SlotLimits => ({
  total: slotsOf(total, sizes.total),
  cell: (cell) => (perCell === undefined ? Number.MAX_SAFE_INTEGER : slotsOf(perCell, sizes.byCell.get(cell) ?? 0)),
  region: (region) =>
    perRegion === undefined ? Number.MAX_SAFE_INTEGER : slotsOf(perRegion, sizes.byRegion.get(region) ?? 0),
});
