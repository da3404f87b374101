import * as z from "zod";
import { AuditId, OrganizationId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/** Who did what, when and from where. Written in the same atomic write as what it tells of; outlives its subject. */
export const AuditEvent = z.strictObject({
  id: AuditId,
  org: OrganizationId.nullable(),
  at: Timestamp,
  actor: z.string(),
  from: z.string(),
  action: z.string(),
  subject: z.string(),
  before: z.unknown(),
  after: z.unknown(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** What of a trail is asked for; what is left out says nothing. `since` and `until` include their own moment. */
export const AuditFilter = z.strictObject({
  action: z.string().min(1).max(63).optional(),
  actor: z.string().min(1).max(63).optional(),
  subject: z.string().min(1).max(63).optional(),
  since: Timestamp.optional(),
  until: Timestamp.optional(),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

/** Whether an event is among those asked for. `network` stands for every action on networks, `network.create` for one. */
export const isWantedEvent = (
  { action, actor, subject, since, until }: AuditFilter,
  event: Pick<AuditEvent, "action" | "actor" | "subject" | "at">,
): boolean =>
  (action === undefined || event.action === action || event.action.startsWith(`${action}.`)) &&
  (actor === undefined || event.actor === actor) &&
  (subject === undefined || event.subject === subject) &&
  (since === undefined || event.at >= since) &&
  (until === undefined || event.at <= until);
