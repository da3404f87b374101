import { LEASE_MS } from "../../model/operation.ts";
import { type Advance, advance } from "../../model/rollout/advance.ts";
import { type Rollout, rolloutHasEnded } from "../../model/rollout/rollout.ts";
import { tallyOf } from "../../model/rollout/tally.ts";
import { slotLimits } from "../../model/rollout/target.ts";
import { timestampOf } from "../../model/time.ts";
import type { Versioned } from "../../ports.ts";
import type { Dependencies } from "../dependencies.ts";
import { repeatOnConflict } from "../repeat.ts";
import { askGates } from "./ask-gates.ts";
import { changeTarget } from "./change-target.ts";
import { findForExecution, type RolloutInput } from "./find-rollout.ts";
import { readPolicies } from "./read-policies.ts";
import { NO_PAGE, type SightedTargets, sightTargets } from "./sight-targets.ts";
import { nextAttempt, startAttempt } from "./succeed-rollout.ts";
import { writeTargets } from "./write-targets.ts";

/** How long one call goes on starting: a task is ended after 29 s. */
const STARTING_MS = 12_000;
/** The longest wait: a rollout that waits for a command looks after itself now and then. */
const LONGEST_WAIT_MS = 60 * 60_000;
/** A loop costs 9 of the 25,000 events that an execution may have. */
export const MOST_LOOPS = 1_900;

export interface AdvanceInput extends RolloutInput {
  readonly loops: number;
}

export interface AdvancedStep extends AdvanceInput {
  readonly schemaVersion: 1;
  /** True where this execution has nothing left to do: the rollout has ended, or another execution goes on. */
  readonly over: boolean;
  readonly waitSeconds: number;
}

/** The state AdvanceRollout: one turn of the loop. What it is killed in the midst of, the next one does. */
export async function advanceRollout(deps: Dependencies, input: AdvanceInput): Promise<AdvancedStep> {
  const { store, clock } = deps;
  const until = clock.now() + STARTING_MS;
  const loops = input.loops + 1;
  const found = await repeatOnConflict(() => turn(deps, input));
  const { rollout, decision } = found;
  const answer = { schemaVersion: 1, rollout: input.rollout, attempt: input.attempt, loops } as const;
  if (rolloutHasEnded(rollout.value)) return { ...answer, over: true, waitSeconds: 1 };

  const allStarted = await startAll(deps, found, until);
  const decided = decision.asks.length > 0 && (await askGates(deps, rollout, decision.asks));
  if (loops >= MOST_LOOPS) {
    const present = await findForExecution(store, input);
    const value = nextAttempt(present.value, clock.now());
    await store.commit([{ write: "put", was: present.version, kind: "rollout", value }]);
    await startAttempt(deps, value);
    return { ...answer, over: true, waitSeconds: 1 };
  }
  const waitMs = allStarted && !decided ? waitOf(decision, clock.now()) : 0;
  return { ...answer, over: false, waitSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) };
}

const waitOf = ({ nextWakeAt }: Advance, now: number): number =>
  Math.min(LONGEST_WAIT_MS, nextWakeAt === null ? LONGEST_WAIT_MS : nextWakeAt - now);

interface Turn extends SightedTargets {
  readonly rollout: Versioned<Rollout>;
  readonly decision: Advance;
}

/**
 * Reads, decides, and writes what was found. Targets first, the rollout last: whoever goes on after a crash between them decides the same
 * from the same targets. Every write is conditional on the rollout as it was read, so that a command comes before or after it.
 */
async function turn(deps: Dependencies, input: AdvanceInput): Promise<Turn> {
  const { store, clock } = deps;
  const found = await findForExecution(store, input);
  const now = clock.now();
  const { sighted, resting } = await sightTargets(store, found.value, { turn: input.loops, now });
  const policies = await readPolicies(deps, found.value);
  const decision = advance(found.value, sighted, now, { ...policies, resting });
  await writeTargets(deps, found, sighted, decision.moved);
  const nextActionAt = rolloutHasEnded(decision.rollout) ? null : timestampOf(now + waitOf(decision, now) + LEASE_MS);
  const value: Rollout = { ...decision.rollout, nextActionAt };
  await store.commit([{ write: "put", was: found.version, kind: "rollout", value }]);
  return { rollout: { value, version: found.version + 1 }, decision, sighted, resting };
}

/** One after the other: each is conditional on the rollout's record. False where time ran out. */
async function startAll(deps: Dependencies, found: Turn, until: number): Promise<boolean> {
  const { rollout, decision, sighted, resting } = found;
  const places = new Map(sighted.map((one) => [one.target.network, one] as const));
  const moved = new Map(decision.moved.map((target) => [target.id, target] as const));
  const targets = sighted.map(({ target }) => moved.get(target.id) ?? target);
  const waves = rollout.value.spec.waves.length;
  const sizes = tallyOf(targets, { waves, seen: (at) => sighted[at]?.seen, resting });
  const limits = slotLimits(rollout.value.pace, sizes);
  for (const back of [true, false])
    for (const network of back ? decision.rollback : decision.start) {
      const { seen, page } = places.get(network) ?? {};
      // What joined in this pass begins with the next one, which knows its page.
      if (!seen || page === undefined || page === NO_PAGE) continue;
      if (deps.clock.now() >= until) return false;
      await changeTarget(deps, { rollout, network, back, seen, page, limits });
    }
  return true;
}
