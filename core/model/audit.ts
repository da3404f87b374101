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
