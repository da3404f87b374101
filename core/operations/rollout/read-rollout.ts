import { Refusal } from "../../errors.ts";
import type { Explanation } from "../../model/explain.ts";
import { advance } from "../../model/rollout/advance.ts";
import { blockers } from "../../model/rollout/blocker.ts";
import { explainTarget } from "../../model/rollout/explain.ts";
import { progressOf, type RolloutProgress } from "../../model/rollout/progress.ts";
import { type RolloutReport, reportOf } from "../../model/rollout/report.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import { sampleOf } from "../../model/rollout/sample.ts";
import { type RolloutSummary, summaryOf } from "../../model/rollout/summary.ts";
import { targetIdOf } from "../../model/rollout/target.ts";
import type { Dependencies } from "../dependencies.ts";
import { type ListedPage, type ListQuery, readPage } from "../read-page.ts";
import { findRollout } from "./find-rollout.ts";
import { pagedRows, readPages } from "./read-pages.ts";
import { readPolicies } from "./read-policies.ts";
import { readTargets } from "./read-targets.ts";
import { sightNetworks } from "./sight-networks.ts";
import { sightTargets } from "./sight-targets.ts";

/** GET /v1/rollouts, newest first. */
export const listRollouts = ({ store }: Pick<Dependencies, "store">, query: ListQuery): Promise<ListedPage<Rollout>> =>
  readPage(store, { kind: "rollout", index: "rollouts", partition: "all", descending: true }, query);

/** GET /v1/rollouts/{rol}: asked for over and over by whoever watches, so it counts by the pages and reads few targets. */
export async function readRollout(
  { store, clock }: Pick<Dependencies, "store" | "clock">,
  id: string,
): Promise<Rollout & { readonly summary: RolloutSummary; readonly progress: RolloutProgress }> {
  const { value } = await findRollout(store, id);
  const rows = pagedRows(await readPages(store, value.id)).map(({ row }) => row);
  const ids = sampleOf(rows).map(({ network }) => targetIdOf(value.id, network));
  const read = (await store.getMany("rollout-target", ids)).map((target) => target.value);
  const summary = summaryOf(value, read, rows);
  return { ...value, summary, progress: progressOf(value, rows, summary.updateMs, clock.now()) };
}

/** GET /v1/rollouts/{rol}/report: reads every target, so it is for the end, not for watching. */
export async function reportRollout({ store }: Pick<Dependencies, "store">, id: string): Promise<RolloutReport> {
  const { value } = await findRollout(store, id);
  const targets = await readTargets(store, value.id);
  return reportOf(
    value,
    targets.map((target) => target.value),
  );
}

/** GET /v1/rollouts/{rol}/explain: of the rollout, or of one target. */
export async function explainRollout(deps: Dependencies, id: string, network?: string): Promise<Explanation> {
  const { store, clock } = deps;
  const { value: rollout } = await findRollout(store, id);
  const now = clock.now();
  const policies = await readPolicies(deps, rollout);
  if (network === undefined) {
    const { sighted, resting } = await sightTargets(store, rollout, { turn: 0, now });
    return advance(rollout, sighted, now, { ...policies, resting }).explanation;
  }
  const target = await store.get("rollout-target", `${rollout.id}/${network}`);
  if (!target) throw new Refusal("not-found", `${network} is no target of ${id}.`);
  const seen = (await sightNetworks(store, [target.value.network], rollout.id)).get(target.value.network);
  const ask = blockers({
    rollout: rollout.id,
    spec: rollout.spec,
    freezes: policies.freezes,
    minAgent: policies.minAgent,
    minEdge: policies.minEdge,
    now,
  });
  return explainTarget(target.value, seen, { rollout, blockers: ask, now });
}
