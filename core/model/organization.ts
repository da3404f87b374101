import * as z from "zod";
import { OrganizationId } from "./ids.ts";
import { Role } from "./role.ts";
import { Timestamp } from "./time.ts";

/** A customer account. */
export const Organization = z.strictObject({
  id: OrganizationId,
  slug: z.string(),
  name: z.string(),
  createdAt: Timestamp,
});
export type Organization = z.infer<typeof Organization>;

/** An API key `cpk_<12 hex id>_<secret>`; only the SHA-256 of the whole key is kept. */
export const ApiKey = z.strictObject({
  /** `cpk_<12 hex>`: the part of the key that may be shown. */
  id: z.string().regex(/^cpk_[0-9a-f]{12}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  org: OrganizationId,
  role: Role,
  /** True for a key of the platform's own operators. */
  platform: z.boolean(),
  createdAt: Timestamp,
});
export type ApiKey = z.infer<typeof ApiKey>;

/** Who calls, as established by authentication. */
export interface Caller {
  /** For operations, audit and tokens: `key:cpk_…`. */
  readonly actor: string;
  readonly org: OrganizationId;
  readonly role: Role;
  readonly platform: boolean;
  /** Where the call came from, for the audit trail. */
  readonly from: string;
}

/** The id within a presented key, or undefined where it has not the form of one. */
export const apiKeyIdOf = (presented: string): string | undefined =>
  /^(cpk_[0-9a-f]{12})_[A-Za-z0-9_-]{20,}$/.exec(presented)?.[1];
