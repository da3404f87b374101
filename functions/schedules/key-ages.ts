import type { Dependencies } from "#core/operations/dependencies.ts";
import { tellFigures } from "../figures.ts";
import { task } from "../task.ts";

const DAY_MS = 24 * 3_600_000;

/** Where it is known since when the keys are there that sign now. */
export interface KeyAges {
  signingSince(): Promise<readonly number[]>;
}

/** The schedule that tells how old the oldest key is that signs: its rotation is a person's work. */
export const keyAges = (deps: Dependencies, region: KeyAges) =>
  task(async ({ clock }: Dependencies, _input: object) => {
    const now = clock.now();
    const since = await region.signingSince();
    const signingDays = Math.max(0, ...since.map((at) => (now - at) / DAY_MS));
    tellFigures("keys", { signingDays }, now);
    return { signingDays };
  })(deps);
