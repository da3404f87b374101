import * as z from "zod";
import { errorKinds } from "../errors.ts";
import { NetworkId, OperationId, OrganizationId } from "./ids.ts";
import { Timestamp } from "./time.ts";

export const operationKinds = ["create", "update", "delete", "move", "rotate"] as const;
export const operationStates = ["pending", "running", "succeeded", "failed", "superseded", "cancelled"] as const;

export const OperationError = z.strictObject({
  type: z.string(),
  title: z.string(),
  detail: z.string(),
  retryable: z.boolean(),
});
export type OperationError = z.infer<typeof OperationError>;

export const TimelineEntry = z.strictObject({
  at: Timestamp,
  step: z.string(),
  outcome: z.enum(["started", "done", "waiting", "failed"]),
  detail: z.string(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** One accepted change of intent; readable until long after its end, also when its subject is gone. */
export const Operation = z.strictObject({
  id: OperationId,
  kind: z.enum(operationKinds),
  network: NetworkId,
  org: OrganizationId,
  generation: z.int().positive(),
  state: z.enum(operationStates),
  step: z.string().nullable(),
  /** Which execution may act: tasks of an earlier attempt do nothing. */
  attempt: z.int().positive(),
  /** When the sweep takes it up, unless somebody writes first; null once it has ended. */
  nextActionAt: Timestamp.nullable(),
  /** After this it fails rather than being tried again. */
  deadline: Timestamp,
  error: OperationError.nullable(),
  /** The newest 50 entries: 400 KB is the limit of an item. */
  timeline: z.array(TimelineEntry),
  actor: z.string(),
  createdAt: Timestamp,
  endedAt: Timestamp.nullable(),
});
export type Operation = z.infer<typeof Operation>;

export const hasEnded = (operation: Pick<Operation, "state">): boolean =>
  operation.state !== "pending" && operation.state !== "running";

/**
 * How long an execution may stay silent before the sweep starts the next attempt. A task runs at most 25 s (a long poll
 * of 20 s and the calls around it); with a sweep each 10 s a dead execution costs less than 60 s (R4).
 */
export const LEASE_MS = 40_000;

/** How long an operation is tried before it fails: a cell that is down for an hour is the longest we wait through. */
export const DEADLINE_MS = 60 * 60_000;

const TIMELINE_LENGTH = 50;

export const withEntry = (operation: Operation, entry: TimelineEntry): Operation => ({
  ...operation,
  timeline: [...operation.timeline, entry].slice(-TIMELINE_LENGTH),
});

export const errorOf = (kind: keyof typeof errorKinds, detail: string): OperationError => ({
  type: `urn:cellplane:${kind}`,
  title: errorKinds[kind].title,
  detail,
  retryable: errorKinds[kind].retry,
});
