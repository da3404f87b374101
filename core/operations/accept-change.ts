import type { OrganizationId } from "../model/ids.ts";
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

/** A change of intent that is accepted: what was there, what shall be, and what superseded work must end. */
export interface AcceptedChange {
  readonly kind: Operation["kind"];
  readonly before: Versioned<Network> | undefined;
  readonly after: Network;
  /** The operation that was the newest until now. */
  readonly older: Versioned<Operation> | undefined;
  /** For the network's owner: what was asked for. */
  readonly message: string;
}

/**
 * The writes of R1, to be committed together: the intent at its new generation, the operation that stands for it, the end of the
 * one it supersedes, the audit event, and the event that the owner reads.
 */
export function acceptChange(
  deps: Dependencies,
  caller: Caller,
  { kind, before, after, older, message }: AcceptedChange,
): { operation: Operation; changes: Change[] } {
  const operation = newOperation(deps, caller, kind, after);
  return {
    operation,
    changes: [
      { write: "put", was: before?.version ?? 0, kind: "network", value: after },
      { write: "put", was: 0, kind: "operation", value: operation },
      ...supersede(older, operation, deps.clock.now()),
      auditOf(deps, caller, {
        action: `network.${kind}`,
        subject: after.id,
        org: after.org,
        before: before?.value ?? null,
        after,
      }),
      eventOf(deps, after, { type: `${kind}.accepted`, message }),
    ],
  };
}

/** The operation that stands for a change of intent, at its generation. */
function newOperation({ clock }: Dependencies, caller: Caller, kind: Operation["kind"], network: Network): Operation {
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
  {
    action,
    subject,
    before,
    after,
    org = caller.org,
  }: {
    action: string;
    subject: string;
    before: unknown;
    after: unknown;
    /** Whose trail it belongs to, where that is not the caller's. */
    org?: OrganizationId;
  },
): Change {
  return {
    write: "put",
    was: 0,
    kind: "audit",
    value: {
      id: ids.next("aud"),
      org,
      at: timestampOf(clock.now()),
      actor: caller.actor,
      from: caller.from,
      action,
      subject,
      before,
      after,
    },
  };
}

/** What a network's owner reads of it later. */
export const eventOf = (
  { ids, clock }: Pick<Dependencies, "ids" | "clock">,
  network: Pick<Network, "id" | "org">,
  { type, message }: { type: string; message: string },
): Change => ({
  write: "put",
  was: 0,
  kind: "network-event",
  value: { id: ids.next("evt"), network: network.id, org: network.org, at: timestampOf(clock.now()), type, message },
});

/** The write that ends an older operation because a newer generation took its place; nothing where it has ended. */
function supersede(older: Versioned<Operation> | undefined, by: Operation, now: number): Change[] {
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
