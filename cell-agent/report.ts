import { Refusal } from "#core/errors.ts";
import { managerOf, type NetworkInstance } from "#core/model/instance.ts";
import { instanceStatusOf } from "#core/model/instance-status.ts";
import type { Observed } from "#core/model/network.ts";
import { newsOf } from "./news-of.ts";
import type { Operator } from "./operator.ts";
import { saysTheSame } from "./status-of.ts";
import { instanceRef } from "./take-order.ts";

/** Tells the journal at once, and writes the status where it says something new. */
export async function report(
  { cluster, journal, objects, tell }: Operator,
  instance: NetworkInstance,
  status: Observed,
) {
  journal.record(status);
  if (saysTheSame(instance.status, status)) return;
  const generation = instance.metadata.generation ?? 1;
  const document = instanceStatusOf(status, { generation, managedBy: managerOf(instance) });
  try {
    objects.learn(await cluster.updateStatus(instanceRef(instance.spec.network), document));
    tell(instance, newsOf(instance.status, status));
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "not-found")) throw error;
  }
}
