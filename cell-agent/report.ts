import { Refusal } from "#core/errors.ts";
import type { NetworkInstance } from "#core/model/instance.ts";
import type { Observed } from "#core/model/network.ts";
import type { Operator } from "./operator.ts";
import { saysTheSame } from "./status-of.ts";
import { instanceRef } from "./take-order.ts";

/** Tells the journal at once, and writes the status where it says something new. */
export async function report({ cluster, journal, objects }: Operator, instance: NetworkInstance, status: Observed) {
  journal.record(status);
  if (saysTheSame(instance.status, status)) return;
  try {
    objects.learn(await cluster.updateStatus(instanceRef(instance.spec.network), status));
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "not-found")) throw error;
  }
}
