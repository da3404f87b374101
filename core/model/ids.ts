import * as z from "zod";

/** Every kind of id: the prefix, and what it names. */
export const idKinds = {
  org: "organization",
  net: "network",
  op: "operation",
  cel: "cell",
  usr: "user",
  mem: "member",
  aud: "audit event",
  evt: "event",
  nod: "node",
  tok: "bootstrap token",
  dep: "deployment",
  rol: "rollout",
  frz: "freeze",
} as const;

export type IdKind = keyof typeof idKinds;

/** The type of ids of one kind. */
export type IdOf<K extends IdKind> = string & z.core.$brand<K>;

/**
 * `<prefix>_` and 26 characters that sort by time of creation (ULID, lower case), so 30 at most: they fit a DNS label
 * with `_` as `-`.
 */
export const idSchema = <K extends IdKind>(kind: K) =>
  z
    .string()
    .regex(
      new RegExp(`^${kind}_[0-9a-z]{26}$`),
      `must be the id of ${/^[aeiou]/i.test(idKinds[kind]) ? "an" : "a"} ${idKinds[kind]}: ${kind}_ and 26 characters`,
    )
    .brand<K>();

export const OrganizationId = idSchema("org");
export type OrganizationId = z.infer<typeof OrganizationId>;
export const NetworkId = idSchema("net");
export type NetworkId = z.infer<typeof NetworkId>;
export const OperationId = idSchema("op");
export type OperationId = z.infer<typeof OperationId>;
export const CellId = idSchema("cel");
export type CellId = z.infer<typeof CellId>;
export const EventId = idSchema("evt");
export type EventId = z.infer<typeof EventId>;
export const UserId = idSchema("usr");
export type UserId = z.infer<typeof UserId>;
export const MemberId = idSchema("mem");
export type MemberId = z.infer<typeof MemberId>;
export const RolloutId = idSchema("rol");
export type RolloutId = z.infer<typeof RolloutId>;
export const FreezeId = idSchema("frz");
export type FreezeId = z.infer<typeof FreezeId>;
export const AuditId = idSchema("aud");
export type AuditId = z.infer<typeof AuditId>;

/** The id as hosts, namespaces and object names carry it: `net_01…` → `net-01…`. */
export const objectNameOf = (id: string): string => id.replace("_", "-");
