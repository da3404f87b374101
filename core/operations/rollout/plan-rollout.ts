import * as z from "zod";
import { firstIdAt } from "../../model/id-time.ts";
import { RolloutId } from "../../model/ids.ts";
import type { Caller } from "../../model/organization.ts";
import { parse } from "../../model/parse.ts";
import { PAGE_ROWS, pageOf } from "../../model/rollout/page.ts";
import { activated, type Rollout } from "../../model/rollout/rollout.ts";
import { RolloutSpec } from "../../model/rollout/spec.ts";
import type { RolloutTarget } from "../../model/rollout/target.ts";
import { rowOf } from "../../model/rollout/target-row.ts";
import { timestampOf } from "../../model/time.ts";
import type { Change, Store, Versioned } from "../../ports.ts";
import { auditOf } from "../accept-change.ts";
import { PLATFORM } from "../authorize.ts";
import type { Dependencies } from "../dependencies.ts";
import { findForExecution, type RolloutInput } from "./find-rollout.ts";
import { isFinal, type PlacedPlan, planTargets } from "./plan-targets.ts";
import { pagedRows, readPages } from "./read-pages.ts";
import { firstAttempt } from "./succeed-rollout.ts";

/** How many pages are on their way to the store at once. */
const PAGES_AT_ONCE = 8;
/** How long one call goes on storing: a task is ended after 29 s. */
const STORING_MS = 15_000;

/** What an execution is given: by a person all of it, by the control plane ids only. */
const Given = z.union([
  z.looseObject({ rollout: RolloutId, attempt: z.int().positive() }),
  z.looseObject({
    spec: z.unknown().refine((spec) => spec !== undefined, "is needed"),
    actor: z.string("must say who starts it").trim().min(1, "must say who starts it").max(200),
    reason: z.string("must say why").trim().min(1, "must say why").max(500),
  }),
]);
const ByHand = Given.options[1];

export interface PlanStep {
  /** ARN of the execution, and when it began: the same however often the first step runs. */
  readonly execution: string;
  readonly startedAt: string;
  readonly input: unknown;
}

export interface PlannedStep extends RolloutInput {
  readonly schemaVersion: 1;
  readonly loops: number;
  /** False where there is more to store: the step is to run again. */
  readonly activated: boolean;
}

/** The id of the rollout that an execution started by hand makes: sorts by time as all ids do. */
export const rolloutIdOf = (
  { secrets }: Pick<Dependencies, "secrets">,
  execution: string,
  startedAt: number,
): RolloutId => RolloutId.parse(`${firstIdAt("rol", startedAt).slice(0, 14)}${secrets.sha256(execution).slice(0, 16)}`);

/** The state PlanRollout: stores the targets in pages, then activates the rollout by one conditional write. */
export async function planRollout(deps: Dependencies, step: PlanStep): Promise<PlannedStep> {
  const { store, clock } = deps;
  const until = clock.now() + STORING_MS;
  const { rollout, attempt } = await begun(deps, step);
  const found = await findForExecution(store, { rollout, attempt });
  const answer = { schemaVersion: 1, rollout, attempt, loops: 0 } as const;
  if (found.value.state !== "planned") return { ...answer, activated: true };
  const plan = await planOrEnd(deps, found);
  if (!(await storePages(store, plan, () => clock.now() >= until))) return { ...answer, activated: false };
  const now = clock.now();
  const value = firstAttempt(activated(found.value, now), now);
  await store.commit([{ write: "put", was: found.version, kind: "rollout", value }]);
  return { ...answer, activated: true };
}

/** Which rollout it is about. What a person started becomes one here, once, by the name of the execution. */
async function begun(deps: Dependencies, { execution, startedAt, input }: PlanStep): Promise<RolloutInput> {
  const { store, clock } = deps;
  const known = Given.options[0].safeParse(input);
  if (known.success) return known.data;
  const { spec: given, actor, reason } = parse(ByHand, input);
  const { spec } = parse(z.object({ spec: RolloutSpec }), { spec: given });
  const id = rolloutIdOf(deps, execution, Date.parse(startedAt));
  if (await store.get("rollout", id)) return { rollout: id, attempt: 1 };
  const now = clock.now();
  const { rollout } = await planTargets(deps, { id, spec, actor, reason, now });
  const caller: Caller = { actor, from: execution, org: PLATFORM, role: "owner", platform: true };
  const value = firstAttempt(rollout, now);
  await store.commit([
    { write: "put", was: 0, kind: "rollout", value },
    auditOf(deps, caller, { action: "rollout.start", subject: id, before: null, after: value }),
  ]);
  return { rollout: id, attempt: 1 };
}

/** What became impossible between the request and the plan ends the rollout, and says why. */
async function planOrEnd(deps: Dependencies, found: Versioned<Rollout>): Promise<PlacedPlan> {
  const { store, clock } = deps;
  const { id, spec, actor, reason, retryOf, createdAt } = found.value;
  try {
    const birth = { id, spec, actor, reason, now: Date.parse(createdAt) };
    return await planTargets(deps, { ...birth, ...(retryOf === null ? {} : { retryOf }) });
  } catch (error) {
    if (!isFinal(error)) throw error;
    const at = timestampOf(clock.now());
    const stopping = { at, by: "plan", reason: error.message, as: "failed" } as const;
    const value: Rollout = { ...found.value, state: "failed", stopping, endedAt: at, nextActionAt: null };
    await store.commit([{ write: "put", was: found.version, kind: "rollout", value }]);
    throw error;
  }
}

/**
 * False where time ran out. A page is one write, with its targets: what an earlier attempt stored is whole pages, and stays as it is,
 * though the fleet may have changed since. The first page goes before the others, since it tells where to look for them.
 */
async function storePages(store: Store, plan: PlacedPlan, isLate: () => boolean): Promise<boolean> {
  const { id } = plan.rollout;
  const stored = await readPages(store, id);
  const known = new Set(pagedRows(stored).map(({ row }) => row.network));
  const missing = plan.targets.filter(({ network }) => !known.has(network));
  const numbers = new Set(stored.map(({ value }) => value.number));
  const count = Math.ceil(missing.length / PAGE_ROWS);
  const planned = stored[0]?.value.planned ?? Math.max(1, count);
  const free = Array.from({ length: numbers.size + count }, (_, number) => number).filter((one) => !numbers.has(one));
  const storeAt = (number: number, at: number): Promise<void> => {
    const targets = missing.slice(at * PAGE_ROWS, (at + 1) * PAGE_ROWS);
    return storePage(store, plan, { number, planned }, targets);
  };
  for (let at = 0; at < count; ) {
    if (isLate()) return false;
    const some = free.slice(at, free[at] === 0 ? at + 1 : at + PAGES_AT_ONCE).slice(0, count - at);
    await Promise.all(some.map((number, offset) => storeAt(number, at + offset)));
    at += some.length;
  }
  return true;
}

async function storePage(
  store: Store,
  { rollout, places }: PlacedPlan,
  place: { readonly number: number; readonly planned: number },
  targets: readonly RolloutTarget[],
): Promise<void> {
  const rows = targets.flatMap((target) => {
    const at = places.get(target.network);
    return at ? [rowOf(target, at)] : [];
  });
  await store.commit([
    { write: "put", was: 0, kind: "rollout-page", value: pageOf(rollout.id, place, rows) },
    ...targets.map((value): Change => ({ write: "put", was: 0, kind: "rollout-target", value })),
  ]);
}
