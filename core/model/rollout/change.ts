import * as z from "zod";
import { canonicalJson } from "../canonical.ts";
import { CellId } from "../ids.ts";
import { mergePatch } from "../merge-patch.ts";

export const ReleaseVersion = z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a release such as "1.5.0"');

/** What a rollout changes: exactly one of these. Settings are a merge patch; `leaveCell` moves networks to any other cell. */
export const RolloutChange = z
  .strictObject({
    release: ReleaseVersion.optional(),
    settings: z.record(z.string(), z.unknown()).optional(),
    leaveCell: CellId.optional(),
  })
  .superRefine(({ release, settings, leaveCell }, context) => {
    const given = [release, settings, leaveCell].filter((one) => one !== undefined).length;
    if (given !== 1)
      context.addIssue({
        code: "custom",
        message: `needs exactly one of release, settings and leaveCell, and has ${given || "none"} of them`,
      });
    if (settings && Object.keys(settings).length === 0)
      context.addIssue({ code: "custom", path: ["settings"], message: "is empty: name the settings to change" });
  });
export type RolloutChange = z.infer<typeof RolloutChange>;

/** The part of a network's intent that rollouts write. Kept of every target, so that it can be given back. */
export const Intent = z.strictObject({
  release: z.string(),
  settings: z.record(z.string(), z.unknown()),
  cell: CellId,
});
export type Intent = z.infer<typeof Intent>;

/** The intent once the change is made. A move leaves the choice of the cell to placement. */
export function changed(intent: Intent, { release, settings }: RolloutChange): Intent {
  if (release !== undefined) return { ...intent, release };
  if (settings !== undefined)
    return { ...intent, settings: mergePatch(intent.settings, settings) as Record<string, unknown> };
  return intent;
}

/** True where the intent already is what the change asks for, so that nothing needs to be written. */
export function isAsAsked(intent: Intent, change: RolloutChange): boolean {
  if (change.release !== undefined) return intent.release === change.release;
  if (change.settings !== undefined)
    return canonicalJson(changed(intent, change).settings) === canonicalJson(intent.settings);
  return intent.cell !== change.leaveCell;
}

/** True where what this change touches is again as it was before. */
export function isAsBefore(intent: Intent, before: Intent, change: RolloutChange): boolean {
  if (change.release !== undefined) return intent.release === before.release;
  if (change.settings !== undefined) return canonicalJson(intent.settings) === canonicalJson(before.settings);
  return intent.cell === before.cell;
}

/** The change in a few words. */
export const describeChange = ({ release, settings, leaveCell }: RolloutChange): string =>
  release
    ? `to release ${release}`
    : leaveCell
      ? `out of cell ${leaveCell}`
      : `settings ${Object.keys(settings ?? {}).join(", ")}`;
