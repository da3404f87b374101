import * as z from "zod";
import { type NetworkId, OrganizationId } from "./ids.ts";
import { Role } from "./role.ts";
import { Timestamp } from "./time.ts";

export { ApiKey, apiKeyIdOf } from "./api-key.ts";

/** Words that a path, a host or a person could take for something else. */
const reserved = new Set(["me", "new", "all", "admin", "api", "system", "platform", "cellplane"]);

/** An organization's name in addresses. It never has the form of an id, so `{org}` in a path is never in doubt. */
export const Slug = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,37}[a-z0-9])?$/,
    "must be 1 to 39 lower-case letters, digits and hyphens, begin with a letter, and end with a letter or digit",
  )
  .refine((slug) => !slug.includes("--"), "must not have two hyphens in a row")
  .refine((slug) => !reserved.has(slug), "is a word of ours; choose another");

const Name = z.string().trim().min(1, "must not be empty").max(100);

/** What somebody asks for; without a name it is called by its slug. */
export const OrganizationSpec = z.strictObject({ slug: Slug, name: Name.optional() });
export type OrganizationSpec = z.infer<typeof OrganizationSpec>;

export const OrganizationPatch = z.strictObject({ slug: Slug.optional(), name: Name.optional() });
export type OrganizationPatch = z.infer<typeof OrganizationPatch>;

/** A customer account. */
export const Organization = z.strictObject({
  id: OrganizationId,
  slug: z.string(),
  name: z.string(),
  createdAt: Timestamp,
  createdBy: z.string().optional(),
});
export type Organization = z.infer<typeof Organization>;

/** An organization, and what one is in it. */
export const OrganizationOf = Organization.extend({ role: Role });
export type OrganizationOf = z.infer<typeof OrganizationOf>;

/** What somebody is in one organization. */
export interface Membership {
  readonly org: OrganizationId;
  readonly role: Role;
}

/** Who is signed in, as established by authentication, wherever they act. */
export interface Principal {
  /** For operations, audit and tokens: `key:cpk_…` or `user:usr_…`. */
  readonly actor: string;
  /** A key has one, a person none or more. */
  readonly memberships: readonly Membership[];
  /** True for the platform's own operators: they act as owner in every organization, and it is recorded there. */
  readonly platform: boolean;
  /** A key that is for these networks alone. */
  readonly networks?: readonly NetworkId[] | undefined;
  /** True for a key with limits (networks, addresses, time) that a key made by it could lack. */
  readonly limited?: boolean | undefined;
  readonly email?: string | undefined;
  /** Where the call came from, for the audit trail. */
  readonly from: string;
}

/** Who is signed in, acting in one organization: the one that what they ask for belongs to. */
export interface Caller {
  readonly actor: string;
  readonly org: OrganizationId;
  readonly role: Role;
  readonly platform: boolean;
  readonly from: string;
  readonly networks?: readonly NetworkId[] | undefined;
  readonly limited?: boolean | undefined;
}

/** A principal as the caller in one organization. */
export const callerIn = (
  { actor, platform, from, networks, limited }: Principal,
  { org, role }: Membership,
): Caller => ({ actor, platform, from, networks, limited, org, role });
