import type { Network } from "../model/network.ts";
import { DEADLINE_MS, hasEnded, type Operation, withEntry } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import { timestampOf } from "../model/time.ts";
import type { Change, Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";

/**
 * How long the signal has to start the work before the sweep looks at it. Long enough that both do not start it as a rule;
 * a lost signal costs this and one sweep.
 */
const SIGNAL_GRACE_MS = 5_000;

/** The operation that stands for a change of intent, at its generation. */
export function newOperation(
  { clock }: Dependencies,
  caller: Caller,
  kind: Operation["kind"],
  network: Network,
): Operation {
  const now = clock.now();
  return {
    id: network.operation,
    kind,
    network: network.id,
    org: network.org,
    generation: network.generation,
    state: "pending",
    step: null,
    attempt: 1,
    nextActionAt: timestampOf(now + SIGNAL_GRACE_MS),
    deadline: timestampOf(now + DEADLINE_MS),
    error: null,
    timeline: [
      {
        at: timestampOf(now),
        step: "Accepted",
        outcome: "done",
        detail: `${kind} accepted as generation ${network.generation}`,
      },
    ],
    actor: caller.actor,
    createdAt: timestampOf(now),
    endedAt: null,
  };
}

/** Who did it, what it was before and what after: part of the same write. */
export function auditOf(
  { ids, clock }: Dependencies,
  caller: Caller,
  { action, subject, before, after }: { action: string; subject: string; before: unknown; after: unknown },
): Change {
  const at = timestampOf(clock.now());
  return {
    write: "put",
    was: 0,
    kind: "audit",
    value: {
      id: ids.next("aud"),
      org: caller.org,
      at,
      actor: caller.actor,
      from: caller.from,
      action,
      subject,
      before,
      after,
    },
  };
}

/** The write that ends an older operation because a newer generation took its place; nothing where it has ended. */
export function supersede(older: Versioned<Operation> | undefined, by: Operation, now: number): Change[] {
  if (!older || hasEnded(older.value)) return [];
  const ended = withEntry(
    { ...older.value, state: "superseded", nextActionAt: null, endedAt: timestampOf(now) },
    {
      at: timestampOf(now),
      step: older.value.step ?? "Accepted",
      outcome: "done",
      detail: `generation ${by.generation} took its place (${by.id})`,
    },
  );
  return [{ write: "put", was: older.version, kind: "operation", value: ended }];
}
