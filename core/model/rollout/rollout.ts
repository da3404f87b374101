import * as z from "zod";
import { RolloutId } from "../ids.ts";
import { Timestamp } from "../time.ts";
import { Gate, unaskedGate } from "./gate.ts";
import { Pace, RolloutSpec } from "./spec.ts";

export const rolloutStates = [
  "planned",
  "running",
  "paused",
  "baking",
  "succeeded",
  "failed",
  "aborted",
  "rolling-back",
  "rolled-back",
] as const;
export type RolloutState = (typeof rolloutStates)[number];

const ends: readonly RolloutState[] = ["succeeded", "failed", "aborted", "rolled-back"];
export const rolloutHasEnded = ({ state }: { readonly state: RolloutState }): boolean => ends.includes(state);

/** Who did something, when and why. `by` is `budget`, `gate` or `release` where the rollout did it itself. */
export const Deed = z.strictObject({ at: Timestamp, by: z.string(), reason: z.string() });
export type Deed = z.infer<typeof Deed>;

export const WaveProgress = z.strictObject({
  startedAt: Timestamp.nullable(),
  settledAt: Timestamp.nullable(),
  /** Its end once it has settled; the same as `settledAt` where nothing bakes. */
  bakeUntil: Timestamp.nullable(),
});
export type WaveProgress = z.infer<typeof WaveProgress>;

/** A rollout as it is kept. Its targets are records of their own; an execution that works on it keeps nothing. */
export const Rollout = z.strictObject({
  id: RolloutId,
  spec: RolloutSpec,
  state: z.enum(rolloutStates),
  actor: z.string(),
  reason: z.string(),
  /** The rollout whose failed and skipped targets this one takes up. */
  retryOf: RolloutId.nullable(),
  /** Which execution may act: tasks of an earlier attempt do nothing. */
  attempt: z.int().positive(),
  /** When the sweep takes it up, unless somebody writes first; null once it has ended. */
  nextActionAt: Timestamp.nullable(),
  createdAt: Timestamp,
  activatedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  /** The spec's, until somebody changes it. */
  pace: Pace,
  /** The wave that is at work, from 0. */
  wave: z.int().nonnegative(),
  waves: z.array(WaveProgress),
  /** In the order of the spec's. */
  gates: z.array(Gate),
  /** Who stopped it for now, and what it goes on with. */
  paused: Deed.extend({ from: z.enum(["running", "baking", "rolling-back"]) }).nullable(),
  /** It ends as this when what is in flight has settled. */
  stopping: Deed.extend({ as: z.enum(["failed", "aborted"]) }).nullable(),
  /** The way back has its own record: who decided it, and when it was done. */
  rollback: Deed.extend({ endedAt: Timestamp.nullable() }).nullable(),
  /** Failures that somebody accepted by resuming: the budget counts from there. */
  forgiven: z.int().nonnegative(),
});
export type Rollout = z.infer<typeof Rollout>;

export interface RolloutBirth {
  readonly id: RolloutId;
  readonly spec: RolloutSpec;
  readonly actor: string;
  readonly reason: string;
  readonly now: number;
  readonly retryOf?: RolloutId;
}

/** A rollout whose targets are being stored. It does nothing until it is activated. */
export function plannedRollout({ id, spec, actor, reason, now, retryOf }: RolloutBirth): Rollout {
  const createdAt = new Date(now).toISOString();
  return {
    id,
    spec,
    state: "planned",
    actor,
    reason,
    retryOf: retryOf ?? null,
    attempt: 1,
    nextActionAt: createdAt,
    createdAt,
    activatedAt: null,
    endedAt: null,
    pace: spec.maxConcurrent,
    wave: 0,
    waves: spec.waves.map(() => ({ startedAt: null, settledAt: null, bakeUntil: null })),
    gates: spec.gates.map(() => unaskedGate),
    paused: null,
    stopping: null,
    rollback: null,
    forgiven: 0,
  };
}

/** The one conditional write after the last page of targets. */
export const activated = (rollout: Rollout, now: number): Rollout =>
  rollout.state === "planned" ? { ...rollout, state: "running", activatedAt: new Date(now).toISOString() } : rollout;

/** The bake of a wave: its own, else the rollout's; the last one has nothing to hold back, so it bakes only where it says so. */
export const bakeOf = ({ waves, bake }: RolloutSpec, wave: number): string | undefined =>
  waves[wave]?.bake ?? (wave < waves.length - 1 ? bake : undefined);
