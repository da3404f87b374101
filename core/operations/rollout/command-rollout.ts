import { Refusal } from "../../errors.ts";
import type { Caller } from "../../model/organization.ts";
import { whyNotReachable } from "../../model/release/release.ts";
import { commandRollout as decide, type RolloutCommand } from "../../model/rollout/command-rollout.ts";
import { retryFailed } from "../../model/rollout/retry-failed.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import type { RolloutTarget } from "../../model/rollout/target.ts";
import type { Store } from "../../ports.ts";
import { auditOf } from "../accept-change.ts";
import { requirePlatform } from "../authenticate.ts";
import type { Dependencies } from "../dependencies.ts";
import { readReleases } from "../find-release.ts";
import { repeatOnConflict } from "../repeat.ts";
import { findRollout } from "./find-rollout.ts";
import { pagedRows, readPages } from "./read-pages.ts";
import { readTargets } from "./read-targets.ts";
import { startRollout } from "./start-rollout.ts";
import { nextAttempt, startAttempt } from "./succeed-rollout.ts";

export interface CommandRequest {
  readonly id: string;
  readonly command: RolloutCommand;
  readonly reason: string;
}

/**
 * What an operator tells a rollout. The write fences off the execution that runs, and another begins at once with the new record, so
 * it takes effect without waiting for whatever that one waits for. Answers the rollout; for `retry-failed` the one that retries.
 */
export async function commandRollout(
  deps: Dependencies,
  caller: Caller,
  { id, command, reason }: CommandRequest,
): Promise<Rollout> {
  requirePlatform(caller);
  const { store, clock } = deps;
  const { value, isNew } = await repeatOnConflict(async () => {
    const found = await findRollout(store, id);
    const rows = pagedRows(await readPages(store, found.value.id));
    const failures = rows.filter(({ row }) => row.failed).length;
    const now = clock.now();
    const after = decide(found.value, command, { actor: caller.actor, reason, now, failures });
    if (after === found.value) return { value: after, isNew: false };
    if (command.verb === "roll-back") await expectWayBack(deps, after);
    const value = nextAttempt(after, now);
    const action = `rollout.${command.verb}`;
    await store.commit([
      { write: "put", was: found.version, kind: "rollout", value },
      auditOf(deps, caller, { action, subject: id, before: found.value, after: { ...value, because: reason } }),
    ]);
    return { value, isNew: true };
  });
  if (isNew) await startAttempt(deps, value);
  if (command.verb !== "retry-failed") return value;
  const { spec } = retryFailed(value, await targetsOf(store, value));
  return startRollout(deps, caller, { spec, reason: reason || `retries ${id}`, retryOf: value.id });
}

/** A release that cannot be left again is not taken back either. */
async function expectWayBack({ store }: Dependencies, rollout: Rollout): Promise<void> {
  const from = rollout.spec.change.release;
  if (from === undefined) return;
  const releases = await readReleases(store);
  const find = (version: string) => releases.find((one) => one.version === version);
  const targets = await targetsOf(store, rollout);
  for (const to of new Set(targets.flatMap(({ before }) => (before ? [before.release] : [])))) {
    const why = whyNotReachable(from, to, find);
    if (why) throw new Refusal("not-possible-now", `There is no way back: ${why}.`);
  }
}

const targetsOf = async (store: Store, { id }: Rollout): Promise<RolloutTarget[]> =>
  (await readTargets(store, id)).map(({ value }) => value);
