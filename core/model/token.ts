import * as z from "zod";
import type { EnrollError } from "../messages.ts";
import { Cidr, isAllowedFrom } from "./cidr.ts";
import { idSchema } from "./ids.ts";
import { Labels } from "./network.ts";
import { Duration, millisecondsOf, Timestamp, timestampOf } from "./time.ts";

export const TokenId = idSchema("tok");

/** Uses that the token itself remembers; the audit stream has them all. Keeps its record below 64 KiB. */
const REMEMBERED_USES = 200;

/** What a creator may ask for. */
export const TokenSpec = z.strictObject({
  name: z.string().min(1, "must have at least 1 character").max(63, "must be at most 63 characters"),
  /** `null`: until it is revoked. */
  expiresIn: Duration.nullable().default("24h"),
  /** `null`: any number of nodes. */
  maxUses: z.int().min(1).max(1_000_000).nullable().default(1),
  /** Forced on every node; the node cannot override them. */
  labels: Labels.default({}),
  /** Which labels nodes may bring; `null`: any. */
  allowLabelKeys: z.array(z.string()).max(100).nullable().default(null),
  allowedCidrs: z.array(Cidr).max(100).default([]),
  requireApproval: z.boolean().default(false),
  /** Its nodes are deleted when they have been offline for a while. */
  ephemeral: z.boolean().default(false),
});
export type TokenSpec = z.infer<typeof TokenSpec>;

/** What lets machines enrol. Every change is conditional, so a last use goes to one node only. */
export const BootstrapToken = TokenSpec.omit({ expiresIn: true }).extend({
  id: TokenId,
  secretSha256: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  uses: z.int().nonnegative(),
  /** Uses that are taken but whose node may not be written yet, by the node's public key. */
  reservations: z.record(z.string(), z.strictObject({ node: z.string(), at: Timestamp })),
  paused: z.boolean(),
  revokedAt: Timestamp.nullable(),
  usedBy: z.array(z.strictObject({ node: z.string(), at: Timestamp, ip: z.string() })),
});
export type BootstrapToken = z.infer<typeof BootstrapToken>;

export function newToken(
  { expiresIn, ...spec }: TokenSpec,
  made: { id: z.infer<typeof TokenId>; secretSha256: string; by: string; now: number },
): BootstrapToken {
  return {
    ...spec,
    id: made.id,
    secretSha256: made.secretSha256,
    createdBy: made.by,
    createdAt: timestampOf(made.now),
    expiresAt: expiresIn === null ? null : timestampOf(made.now + millisecondsOf(expiresIn)),
    uses: 0,
    reservations: {},
    paused: false,
    revokedAt: null,
    usedBy: [],
  };
}

/** Why a token lets nobody in now; undefined where it does. */
export function whyClosed(token: BootstrapToken, now: number): EnrollError | undefined {
  if (token.revokedAt !== null) return "token_revoked";
  if (token.expiresAt !== null && Date.parse(token.expiresAt) <= now) return "token_expired";
  if (token.paused) return "token_paused";
  if (token.maxUses !== null && token.uses >= token.maxUses) return "token_exhausted";
  return undefined;
}

const states = {
  token_revoked: "revoked",
  token_expired: "expired",
  token_paused: "paused",
  token_exhausted: "exhausted",
} as const;

/** Who asks to be let in. */
export interface Applicant {
  readonly pub: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type Admission =
  | { readonly refused: EnrollError }
  /** The token with this use taken: to be written before the node is. */
  | { readonly node: string; readonly token: BootstrapToken }
  /** A use was taken for it before: nothing more to take. */
  | { readonly node: string; readonly token?: undefined };

/**
 * Whether a token lets a machine in, and as which node. The same key is let in again as the same node, whatever became of the
 * token: the answer may have been lost. `isWritten` says which reservations have served their purpose.
 */
export function admit(
  token: BootstrapToken,
  { pub, ip, labels }: Applicant,
  { now, nextNode, isWritten }: { now: number; nextNode: () => string; isWritten: (node: string) => boolean },
): Admission {
  const reserved = token.reservations[pub];
  if (reserved) return { node: reserved.node };
  const closed = whyClosed(token, now);
  if (closed) return { refused: closed };
  if (!isAllowedFrom(ip, token.allowedCidrs)) return { refused: "ip_not_allowed" };
  const allowed = token.allowLabelKeys;
  if (allowed && Object.keys(labels).some((key) => !allowed.includes(key))) return { refused: "label_not_allowed" };

  const [node, at] = [nextNode(), timestampOf(now)];
  const open = Object.entries(token.reservations).filter(([, reservation]) => !isWritten(reservation.node));
  return {
    node,
    token: {
      ...token,
      uses: token.uses + 1,
      reservations: { ...Object.fromEntries(open), [pub]: { node, at } },
      usedBy: [...token.usedBy, { node, at, ip }].slice(-REMEMBERED_USES),
    },
  };
}

/** What may be shown of a token: never its secret, nor what would help to guess it. */
export function tokenView({ secretSha256: _, reservations: __, ...shown }: BootstrapToken, now: number) {
  const closed = whyClosed({ ...shown, secretSha256: "", reservations: {} }, now);
  const state = closed && closed in states ? states[closed as keyof typeof states] : ("active" as const);
  return { ...shown, state };
}
