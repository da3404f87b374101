import * as z from "zod";
import type { RolloutId } from "../ids.ts";
import { Duration, Timestamp } from "../time.ts";
import { describeChange, type RolloutChange } from "./change.ts";

const WaveNumber = z.int().min(1);
const place = { before: WaveNumber.optional(), after: WaveNumber.optional() };
const asked = {
  /** How often it is asked until it says yes. */
  every: Duration.default("30s"),
  /** When it has not said yes after this, the rollout does what `onFailure` says. */
  timeout: Duration.default("1h"),
};

/** Something that must say yes before a wave begins, or after it has settled and baked. Waves are counted from 1. */
export const GateSpec = z
  .discriminatedUnion(
    "kind",
    [
      z.strictObject({ kind: z.literal("manual"), ...place, note: z.string().max(500).optional() }),
      z.strictObject({ kind: z.literal("alarm"), ...place, ...asked, alarm: z.string().min(1).max(2_000) }),
      z.strictObject({
        kind: z.literal("webhook"),
        ...place,
        ...asked,
        url: z.url({ protocol: /^https?$/, error: "must be the URL of a webhook, http or https" }),
        retries: z.int().min(0).max(10).default(3),
      }),
    ],
    'must have a kind: "manual", "alarm" or "webhook"',
  )
  .superRefine(({ before, after }, context) => {
    if ((before === undefined) === (after === undefined))
      context.addIssue({ code: "custom", message: "needs either before or after, with the number of a wave" });
  });
export type GateSpec = z.infer<typeof GateSpec>;

/** A gate that something outside answers. */
export type AskedGate = Exclude<GateSpec, { readonly kind: "manual" }>;

/** What a gate is told of the rollout that asks. Waves and gates are counted from 1. */
export interface GateQuestion {
  readonly rollout: RolloutId;
  readonly gate: number;
  readonly side: "before" | "after";
  readonly wave: number;
  readonly waves: number;
  /** What is rolled out, and why, in words. */
  readonly change: string;
  readonly reason: string;
}

/** Only what was said plainly is a yes or a no: whatever could not be found out is not known yet. */
export interface GateAnswer {
  readonly says: "yes" | "no" | "not-yet";
  readonly detail: string;
}

/** How a gate stands. It is asked only once the rollout has reached it. */
export const Gate = z.strictObject({
  state: z.enum(["closed", "asking", "passed", "refused"]),
  /** When the rollout came to it. */
  since: Timestamp.nullable(),
  /** When it is to be asked next. */
  askAt: Timestamp.nullable(),
  /** What it said last, or who approved it and why. */
  detail: z.string().nullable(),
});
export type Gate = z.infer<typeof Gate>;

export const unaskedGate: Gate = { state: "closed", since: null, askAt: null, detail: null };

/** What to ask a gate of a rollout, or undefined where there is none at that place, or where a person answers. */
export function questionOf(
  { id, spec, reason }: { readonly id: RolloutId; readonly spec: GatedSpec; readonly reason: string },
  at: number,
): { readonly gate: AskedGate; readonly question: GateQuestion } | undefined {
  const gate = spec.gates[at];
  if (!gate || gate.kind === "manual") return undefined;
  const [side, wave] =
    gate.before === undefined ? (["after", gate.after ?? 0] as const) : (["before", gate.before] as const);
  const change = describeChange(spec.change);
  return { gate, question: { rollout: id, gate: at + 1, side, wave, waves: spec.waves.length, change, reason } };
}

interface GatedSpec {
  readonly gates: readonly GateSpec[];
  readonly waves: readonly unknown[];
  readonly change: RolloutChange;
}
