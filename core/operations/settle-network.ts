import { placesOf, siblingsOf } from "../model/cell.ts";
import type { Network } from "../model/network.ts";
import { type Operation, withEntry } from "../model/operation.ts";
import { timestampOf } from "../model/time.ts";
import type { Change, Versioned } from "../ports.ts";
import { eventOf } from "./accept-change.ts";
import { beginStep, type StepInput } from "./begin-step.ts";
import { nameClaim } from "./create-network.ts";
import type { Dependencies } from "./dependencies.ts";
import { giveBackToQuota } from "./quota.ts";

/** Ends the operation. A deletion frees the name and the place, and takes the network's records, in the same write. */
export async function settleNetwork(deps: Dependencies, input: StepInput): Promise<void> {
  const { store, clock } = deps;
  const { operation, network } = await beginStep(deps, input, "SettleNetwork");
  const now = timestampOf(clock.now());
  const ended: Operation = withEntry(
    { ...operation.value, state: "succeeded", nextActionAt: null, endedAt: now, error: null },
    { at: now, step: "SettleNetwork", outcome: "done", detail: outcomes[operation.value.kind] },
  );
  const changes: Change[] = [
    { write: "put", was: operation.version, kind: "operation", value: ended },
    eventOf(deps, network.value, {
      type: `${ended.kind}.succeeded`,
      message: `${network.value.name}: ${outcomes[ended.kind]}.`,
    }),
  ];
  if (network.value.deleting) changes.push(...(await removal(deps, network)));
  await store.commit(changes);
}

const outcomes: Record<Operation["kind"], string> = {
  create: "ready: nodes can connect",
  update: "updated and ready",
  delete: "everything is gone",
  move: "moved and ready",
  rotate: "secrets rotated and ready",
};

/** The writes that take a network's records away and give its place back. */
export async function removal({ store }: Dependencies, network: Versioned<Network>): Promise<Change[]> {
  const { id, org, name } = network.value;
  const [placement, status, claim, keys, access, hold] = await Promise.all([
    store.get("placement", id),
    store.get("network-status", id),
    store.get("claim", nameClaim(org, name)),
    store.get("keys-of-network", id),
    store.get("network-access", id),
    store.get("rollout-hold", id),
  ]);
  const changes: Change[] = [
    { write: "remove", kind: "network", id, was: network.version },
    ...(await giveBackToQuota(store, org, "networks")),
  ];
  if (keys) changes.push({ write: "remove", kind: "keys-of-network", id, was: keys.version });
  if (access) changes.push({ write: "remove", kind: "network-access", id, was: access.version });
  if (hold) changes.push({ write: "remove", kind: "rollout-hold", id, was: hold.version });
  if (claim) changes.push({ write: "remove", kind: "claim", id: claim.value.id, was: claim.version });
  if (status) changes.push({ write: "remove", kind: "network-status", id, was: status.version });
  if (placement)
    changes.push(
      { write: "remove", kind: "placement", id, was: placement.version },
      { write: "count", counter: placesOf(placement.value.cell), by: -1 },
      { write: "count", counter: siblingsOf(placement.value.cell, org), by: -1 },
    );
  return changes;
}
