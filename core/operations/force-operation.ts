import { forced, leftBehind } from "../model/force-operation.ts";
import type { CellId } from "../model/ids.ts";
import type { Operation } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import { type Finding, MOST_FINDINGS } from "../model/survey.ts";
import { timestampOf } from "../model/time.ts";
import type { Change } from "../ports.ts";
import { auditOf, eventOf } from "./accept-change.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOperation } from "./read-operation.ts";
import { repeatOnConflict } from "./repeat.ts";
import { removal } from "./settle-network.ts";

/**
 * POST /v1/operations/{op}/force: ends a deletion that the cell cannot end. Its records go and its place is free, in one write with
 * the reason; what the cell still has is an orphan, which the survey orders to be removed until it is gone.
 */
export async function forceOperation(
  deps: Dependencies,
  caller: Caller,
  { id, reason }: { id: string; reason: string },
): Promise<Operation> {
  requirePlatform(caller);
  const { store, clock } = deps;
  return repeatOnConflict(async () => {
    const found = await findOperation(store, caller, id);
    const { org } = found.value;
    const network = await store.get("network", found.value.network);
    const now = clock.now();
    const newest = network?.value.operation === id;
    const after = forced(found.value, { newest, actor: caller.actor, reason, now });
    if (!network) throw new Error(`${id} is the newest of a network that is not there`);

    const placement = await store.get("placement", network.value.id);
    const status = await store.get("network-status", network.value.id);
    const left = leftBehind(network.value, status?.value, { reason, now });
    await store.commit([
      { write: "put", was: found.version, kind: "operation", value: after },
      ...(await removal(deps, network)),
      ...(placement ? [await orphaned(deps, placement.value.cell, left)] : []),
      auditOf(deps, caller, {
        action: "operation.force",
        subject: id,
        org,
        before: found.value,
        after: { ...after, reason },
      }),
      eventOf(deps, network.value, {
        type: "delete.forced",
        message: `The deletion was ended by the platform's operators: ${reason}`,
      }),
    ]);
    return after;
  });
}

/** The write that keeps it among the findings of its cell. */
async function orphaned({ store, clock }: Dependencies, cell: CellId, left: Finding): Promise<Change> {
  const known = await store.get("cell-findings", cell);
  const before = known?.value ?? { cell, at: timestampOf(clock.now()), findings: [], total: 0 };
  const others = before.findings.filter(({ network }) => network !== left.network);
  const findings = [...others, left].sort((a, b) => (a.network < b.network ? -1 : 1)).slice(0, MOST_FINDINGS);
  const total = before.total + findings.length - before.findings.length;
  return { write: "put", was: known?.version ?? 0, kind: "cell-findings", value: { ...before, findings, total } };
}
