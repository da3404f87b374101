import { Refusal } from "#core/errors.ts";
import { managerOf, type NetworkInstance } from "#core/model/instance.ts";
import { instanceStatusOf } from "#core/model/instance-status.ts";
import type { Observed } from "#core/model/network.ts";
import { newsOf } from "./news-of.ts";
import type { Operator } from "./operator.ts";
import { saysTheSame } from "./status-of.ts";
import { instanceRef } from "./take-order.ts";

/** So long a network is on its way before that is written, and between two steps of it. */
const QUIET_MS = 2_000;
/** Before the next words on a step that is not done yet. */
const SAME_STEP_MS = 10_000;

/**
 * Tells the journal at once, and writes the status where it says something new. On the way to another phase not every step is worth a
 * write: answers in how many milliseconds it is to be written after all.
 */
export async function report(
  { cluster, clock, journal, objects, tell }: Operator,
  instance: NetworkInstance,
  status: Observed,
): Promise<number | undefined> {
  const { status: written } = instance;
  journal.record(status);
  if (saysTheSame(written, status)) return undefined;
  const quietFor = quietAfter(clock.now(), written, status);
  if (quietFor > 0) return quietFor;
  const generation = instance.metadata.generation ?? 1;
  const document = instanceStatusOf(status, { generation, managedBy: managerOf(instance) });
  try {
    objects.learn(await cluster.updateStatus(instanceRef(instance.spec.network), document));
    tell(instance, newsOf(written, status));
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "not-found")) throw error;
  }
  return undefined;
}

/** How long a status is not to be written yet. A clock that was set back makes nobody wait. */
function quietAfter(now: number, before: Observed | undefined, after: Observed): number {
  const [from, quiet] = before ? [before.reportedAt, quietBetween(before, after)] : [wayBegan(after), QUIET_MS];
  const age = from === undefined ? quiet : now - Date.parse(from);
  return age < 0 ? 0 : Math.max(0, quiet - age);
}

/** Since when a network is on its way to its first phase. */
const wayBegan = ({ phase, conditions }: Observed): string | undefined =>
  phase === "provisioning" ? conditions.find(({ type }) => type === "Settled")?.since : undefined;

/** How long one status stands before the other takes its place: what is no step on the way to a phase waits for nothing. */
function quietBetween(before: Observed, after: Observed): number {
  const isUnderWay =
    before.phase === after.phase &&
    before.observedGeneration === after.observedGeneration &&
    (after.phase === "provisioning" || after.phase === "updating");
  if (!isUnderWay) return 0;
  const steps = ({ conditions }: Observed) => conditions.map(({ type, status }) => `${type} ${status}`).join();
  return steps(before) === steps(after) ? SAME_STEP_MS : QUIET_MS;
}
