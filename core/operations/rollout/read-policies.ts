import { isInForce } from "../../model/rollout/freeze.ts";
import type { Policies } from "../../model/rollout/pass.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import type { Dependencies } from "../dependencies.ts";
import { findRelease } from "../find-release.ts";
import { readPage } from "../read-page.ts";

/** How many freezes are looked at: the newest. */
const MOST_FREEZES = 1_000;

/** What holds for a rollout at the moment. */
export async function readPolicies(
  { store, clock }: Pick<Dependencies, "store" | "clock">,
  { spec }: Rollout,
): Promise<Policies> {
  const all = { kind: "freeze", index: "freezes", partition: "all", descending: true } as const;
  const { items } = await readPage(store, all, { limit: MOST_FREEZES, after: undefined });
  const release = spec.change.release === undefined ? undefined : await findRelease(store, spec.change.release);
  return {
    freezes: items.filter((freeze) => isInForce(freeze, clock.now())),
    withdrawn: release?.value.withdrawn?.reason ?? null,
    minAgent: release?.value.minAgent ?? null,
    minEdge: release?.value.minEdge ?? null,
  };
}
