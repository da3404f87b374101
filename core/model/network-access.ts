import * as z from "zod";
import { Refusal } from "../errors.ts";
import type { AccessDocument, NetworkKey } from "./access.ts";
import { canonicalJson } from "./canonical.ts";
import { NetworkId } from "./ids.ts";
import { isAtLeast, Role } from "./role.ts";
import { Timestamp, timestampOf } from "./time.ts";
import { WorkspaceName } from "./workspace.ts";

/** What one subject may be in a network, where that is less than they are in the organization. */
export const AccessEntry = z.strictObject({
  /** As the audit trail names them: `user:usr_…`, `key:cpk_…`. */
  subject: z.string().regex(/^[!-~]{1,200}$/, "must be a subject such as user:usr_… or key:cpk_…, without spaces"),
  role: Role,
  /** Only these; absent: all of them. */
  workspaces: z
    .array(WorkspaceName)
    .min(1, "must name a workspace; leave it out for all of them")
    .max(20, "must be at most 20 workspaces")
    .optional(),
});
export type AccessEntry = z.infer<typeof AccessEntry>;

/** A list that stays far below the 400 KB of an item. */
export const AccessEntries = z
  .array(AccessEntry)
  .max(200, "must be at most 200 entries")
  .refine(
    (entries) => new Set(entries.map(({ subject }) => subject)).size === entries.length,
    "must name each subject once",
  );

/** The access list of one network. Only `PUT …/access` writes it; version 0 stands for one that nobody has written. */
export const NetworkAccess = z.strictObject({
  network: NetworkId,
  entries: z.array(AccessEntry),
  /** Whose tokens of before are refused. */
  revoked: z.array(z.strictObject({ sub: z.string(), before: Timestamp })),
});
export type NetworkAccess = z.infer<typeof NetworkAccess>;

export const noAccess = (network: NetworkId): NetworkAccess => ({ network, entries: [], revoked: [] });

/** A network token lives 15 minutes; after twice that there is none left to refuse. */
const REVOKED_FOR_MS = 30 * 60_000;
const MOST_REVOKED = 1_000;

/** The list with other entries, or undefined where they are the same. Whoever may do less from now on loses the tokens they hold. */
export function changeAccess(
  before: NetworkAccess,
  entries: readonly AccessEntry[],
  now: number,
): NetworkAccess | undefined {
  if (canonicalJson(before.entries) === canonicalJson(entries)) return undefined;
  const subjects = new Set([...before.entries, ...entries].map(({ subject }) => subject));
  const lowered = [...subjects].filter((subject) =>
    mayDoLess(entryOf(before.entries, subject), entryOf(entries, subject)),
  );
  const still = before.revoked.filter(
    ({ sub, before: at }) => now - Date.parse(at) < REVOKED_FOR_MS && !lowered.includes(sub),
  );
  if (still.length + lowered.length > MOST_REVOKED)
    throw new Refusal(
      "not-possible-now",
      `More than ${MOST_REVOKED} subjects would have lost access within half an hour. Change the list again later.`,
    );
  const at = timestampOf(now);
  return { ...before, entries: [...entries], revoked: [...still, ...lowered.map((sub) => ({ sub, before: at }))] };
}

const entryOf = (entries: readonly AccessEntry[], subject: string): AccessEntry | undefined =>
  entries.find((entry) => entry.subject === subject);

/** Without an entry somebody is what they are in the organization, which may be anything. */
function mayDoLess(before: AccessEntry | undefined, after: AccessEntry | undefined): boolean {
  if (!after) return true;
  const { role, workspaces } = before ?? { role: "owner" };
  if (!isAtLeast(after.role, role)) return true;
  return after.workspaces !== undefined && !(workspaces?.every((name) => after.workspaces?.includes(name)) ?? false);
}

/** What somebody may be in a network. */
export type Grant = Pick<AccessEntry, "role" | "workspaces">;

/** What a subject with this role in the organization is in the network: what their entry says, and never more than their role. */
export function grantOf(entries: readonly AccessEntry[], subject: string, role: Role): Grant {
  const entry = entryOf(entries, subject);
  if (!entry) return { role };
  return {
    role: isAtLeast(entry.role, role) ? role : entry.role,
    ...(entry.workspaces ? { workspaces: entry.workspaces } : {}),
  };
}

/** A network's keys, each no more than its own entry allows. */
export const grantedKeys = (keys: readonly NetworkKey[], entries: readonly AccessEntry[]): NetworkKey[] =>
  keys.map((key) => ({ ...key, ...grantOf(entries, `key:${key.id}`, key.role) }));

/** When a token for this subject may say that it was issued, in seconds: never so early that a revocation of before takes it too. */
export function issuableFrom(revoked: AccessDocument["revoked"], subject: string, now: number): number {
  const times = revoked.filter(({ sub }) => sub === subject).map(({ before }) => Date.parse(before) / 1_000);
  return Math.max(Math.floor(now / 1_000), ...times.map(Math.ceil));
}
