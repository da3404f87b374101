import * as z from "zod";
import { Duration, millisecondsOf } from "../time.ts";
import { Amount } from "./amount.ts";
import { RolloutChange } from "./change.ts";
import { GateSpec } from "./gate.ts";
import { Population } from "./population.ts";

/** One wave: up to a share or a number of all targets (both cumulative), or those that a selector takes of the rest. */
export const Wave = z
  .strictObject({
    percent: z.number().gt(0, "must be above 0").max(100, "must be at most 100").optional(),
    count: z.int().min(1, "must be at least 1").max(1_000_000).optional(),
    selector: Population.optional(),
    /** Instead of the rollout's. The last wave bakes only where it says so itself. */
    bake: Duration.optional(),
  })
  .superRefine(({ percent, count, selector }, context) => {
    if ([percent, count, selector].filter((one) => one !== undefined).length !== 1)
      context.addIssue({ code: "custom", message: "needs exactly one of percent, count and selector" });
  });
export type Wave = z.infer<typeof Wave>;

/** How fast: how many at once in all, in one cell, in one region. A share is of the targets there. */
export const Pace = z.strictObject({
  total: Amount.default(10),
  perCell: Amount.optional(),
  perRegion: Amount.optional(),
});
export type Pace = z.infer<typeof Pace>;

export const PaceInput = z.union(
  [Amount.transform((total): Pace => ({ total })), Pace],
  'must be a whole number such as 10, a share such as "10%", or { total, perCell, perRegion }',
);

const Budget = z.strictObject({ total: Amount.default("1%"), perWave: Amount.optional() });

const durationUpTo = (most: string) =>
  // What is no duration at all is not longer than anything, and is told so once.
  Duration.refine((value) => !(millisecondsOf(value) > millisecondsOf(most)), `must be at most ${most}`);

/** What an operator asks for. Only `change` is required. */
export const RolloutSpec = z
  .strictObject({
    change: RolloutChange,
    /** Only networks there; the others are skipped. `1.4.x` stands for every patch. */
    from: z
      .strictObject({
        release: z.string().regex(/^\d+\.(\d+\.(\d+|x)|x)$/, 'must be a release such as "1.4.2", or "1.4.x"'),
      })
      .optional(),
    /** The whole fleet where left out. */
    selector: Population.optional(),
    waves: z
      .array(Wave)
      .min(1, "needs at least one wave, such as { percent: 100 }")
      .max(50, "must be at most 50 waves")
      .default([{ percent: 1 }, { percent: 5 }, { percent: 25 }, { percent: 100 }])
      .superRefine(refuseContradictions),
    maxConcurrent: PaceInput.default({ total: 10 }),
    maxFailed: z
      .union(
        [Amount.transform((total): z.infer<typeof Budget> => ({ total })), Budget],
        'must be a whole number such as 2, a share such as "1%", or { total, perWave }',
      )
      .default({ total: "1%" }),
    minHealthyFor: durationUpTo("24h").default("10s"),
    healthyDeadline: durationUpTo("7d").default("5m"),
    progressDeadline: durationUpTo("30d").default("1h"),
    bake: durationUpTo("30d").default("10m"),
    /** Nodes that were online before must come back: this share of them, in this time after the change. */
    nodes: z
      .strictObject({ share: z.int().min(0).max(100).default(90), within: Duration.default("2m") })
      .default({ share: 90, within: "2m" }),
    gates: z.array(GateSpec).max(50).default([]),
    onFailure: z.enum(["pause", "rollback", "abort"]).default("pause"),
    windows: z.enum(["respect", "ignore"]).default("respect"),
    /** Whether owners may put it off, as far as their plan lets them. */
    deferrals: z.enum(["respect", "ignore"]).default("respect"),
    /** Takes networks over from older rollouts instead of waiting for them. */
    supersede: z.boolean().default(false),
  })
  .superRefine(({ waves, gates, minHealthyFor, healthyDeadline, nodes, change, onFailure }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    gates.forEach((gate, at) => {
      for (const side of ["before", "after"] as const)
        if ((gate[side] ?? 0) > waves.length)
          refuse(["gates", at, side], `is wave ${gate[side]}, and there are ${waves.length}`);
    });
    if (millisecondsOf(minHealthyFor) >= millisecondsOf(healthyDeadline))
      refuse(["minHealthyFor"], `must be shorter than healthyDeadline (${healthyDeadline}), or nothing ever succeeds`);
    if (millisecondsOf(nodes.within) > millisecondsOf(healthyDeadline))
      refuse(["nodes", "within"], `must not be longer than healthyDeadline (${healthyDeadline})`);
    if (change.leaveCell && onFailure === "rollback")
      refuse(["onFailure"], "cannot be rollback for a move: placement chooses the cell, so there is no way back");
  });
export type RolloutSpec = z.infer<typeof RolloutSpec>;

/** What can be seen without knowing the fleet. Whether every target has a wave is known when it is planned. */
function refuseContradictions(waves: readonly Wave[], context: z.RefinementCtx): void {
  const highest = { percent: 0, count: 0 };
  waves.forEach((wave, at) => {
    for (const kind of ["percent", "count"] as const) {
      const value = wave[kind];
      if (value === undefined) continue;
      if (highest.percent === 100)
        context.addIssue({ code: "custom", path: [at], message: "comes after a wave that has all: remove it" });
      else if (value <= highest[kind])
        context.addIssue({
          code: "custom",
          path: [at, kind],
          message: `must be above that of the wave before (${highest[kind]}): waves are cumulative`,
        });
      highest[kind] = value;
    }
    if (wave.selector && highest.percent === 100)
      context.addIssue({ code: "custom", path: [at], message: "comes after a wave that has all: remove it" });
  });
  const last = waves.at(-1);
  if (last?.percent !== undefined && last.percent < 100)
    context.addIssue({
      code: "custom",
      path: [waves.length - 1, "percent"],
      message: `must be 100 in the last wave: ${100 - last.percent}% of the targets would have none`,
    });
}
