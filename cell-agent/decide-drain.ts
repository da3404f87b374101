import { services } from "#core/workload.ts";
import type { Plan } from "./plan.ts";
import type { Finding } from "./status-of.ts";

/**
 * True where this plan changes a broker that runs: its nodes are told before. A change that leaves the pods as they are is rare, and then
 * the notice costs nothing, since a node acts on it only when it loses its connection.
 */
export const disturbsBroker = ({ apply }: Pick<Plan, "apply">, { brokerReady }: { brokerReady: boolean }): boolean =>
  brokerReady && apply.flat().some(({ kind, metadata }) => kind === "StatefulSet" && metadata.name === services.nats);

/** A notice that did not get through holds nothing up: it is said, and the nodes come back as after any loss. */
export const unannounced = (why: string): Finding => ({
  ...{ type: "BrokerAnnounced", status: "False", reason: "NotAnnounced" },
  message: `the broker was changed without a notice to its nodes: ${why}`,
});
