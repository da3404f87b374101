import * as z from "zod";
import type { CellReport } from "./cell.ts";
import { OperationId } from "./ids.ts";
import {
  Condition,
  Endpoints,
  isFresh,
  Network,
  type NetworkStatus,
  Observed,
  Phase,
  Placement,
  Reachable,
} from "./network.ts";
import { hasEnded, type Operation } from "./operation.ts";
import { reachableOf } from "./reachability.ts";

/** All records that say something about one network. */
export interface NetworkRecords {
  readonly network: Network;
  readonly placement: Placement | undefined;
  readonly status: NetworkStatus | undefined;
  /** The newest digest of its cell: while it is fresh, what the cell last said of the network still holds. */
  readonly report: CellReport | undefined;
  readonly operation: Operation | undefined;
}

/** The phase as customers see it. `ready` means: a node could connect now, at the newest generation. */
export function phaseOf({ network, placement, status, report, operation }: NetworkRecords, now: number): Phase {
  if (network.deleting) return operation?.state === "failed" ? "failed" : "deleting";
  const observed = status?.observed;
  if (!observed || observed.observedGeneration < network.generation) {
    if (operation?.state === "failed") return "failed";
    if (observed && observed.observedGeneration > 0) return "updating";
    return placement ? "provisioning" : "pending";
  }
  if (!report || !isFresh(report.at, now)) return "unreachable";
  return observed.phase;
}

/** A network as the API shows it. Intent is flat; what the system says of it stands beside it. */
export const NetworkView = Network.extend({
  placement: Placement.omit({ network: true }).nullable(),
  endpoints: Endpoints.nullable(),
  status: z.strictObject({
    phase: Phase,
    observedGeneration: z.int().nonnegative(),
    release: z.string().nullable(),
    reportedAt: z.string().nullable(),
    fresh: z.boolean(),
    conditions: z.array(Condition),
    nodes: Observed.shape.nodes,
    reachable: Reachable,
  }),
  /** The one under way. */
  operation: OperationId.nullable(),
});
export type NetworkView = z.infer<typeof NetworkView>;

export function networkView(records: NetworkRecords, now: number): NetworkView {
  const { network, placement, status, report, operation } = records;
  const { operation: _newest, ...intent } = network;
  const observed = status?.observed;
  const reportedAt =
    [observed?.reportedAt, observed && report?.at]
      .filter((at) => at !== undefined)
      .sort()
      .at(-1) ?? null;
  return {
    ...intent,
    placement: placement ? { cell: placement.cell, at: placement.at, reasons: placement.reasons } : null,
    endpoints: observed?.endpoints ?? null,
    status: {
      phase: phaseOf(records, now),
      observedGeneration: observed?.observedGeneration ?? 0,
      release: observed?.release ?? null,
      reportedAt,
      fresh: reportedAt !== null && isFresh(reportedAt, now),
      conditions: observed?.conditions ?? [],
      nodes: observed?.nodes ?? { online: 0, total: 0 },
      reachable: status ? reachableOf(status, now) : { api: false, nats: false, checkedAt: null },
    },
    operation: operation && !hasEnded(operation) ? operation.id : null,
  };
}
