import { Refusal } from "#core/errors.ts";
import { managerOf, type NetworkInstance } from "#core/model/instance.ts";
import { instanceStatusOf } from "#core/model/instance-status.ts";
import type { Observed } from "#core/model/network.ts";
import { newsOf } from "./news-of.ts";
import type { Operator } from "./operator.ts";
import { saysTheSame } from "./status-of.ts";
import { instanceRef } from "./take-order.ts";

/** So long a status that only tells how far a network is on its way is not followed by the next. */
const QUIET_MS = 2_000;

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
  const quietFor = isUnderWay(written, status) ? quietAfter(clock.now() - Date.parse(written.reportedAt)) : 0;
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

/** True where both say that the same change is under way. */
const isUnderWay = (before: Observed | undefined, now: Observed): before is Observed =>
  before !== undefined &&
  before.phase === now.phase &&
  before.observedGeneration === now.observedGeneration &&
  (now.phase === "provisioning" || now.phase === "updating");

/** A clock that was set back makes nobody wait. */
const quietAfter = (age: number): number => (age < 0 ? 0 : Math.max(0, QUIET_MS - age));
