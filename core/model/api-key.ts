import * as z from "zod";
import { Refusal } from "../errors.ts";
import type { NetworkKey } from "./access.ts";
import { Cidr } from "./cidr.ts";
import { NetworkId, OrganizationId } from "./ids.ts";
import { isAtLeast, Role } from "./role.ts";
import { Duration, millisecondsOf, Timestamp, timestampOf } from "./time.ts";

/** What somebody asks for in a key. Without `networks` it is for the whole organization, without `cidrs` for every address. */
export const ApiKeySpec = z.strictObject({
  name: z.string().trim().min(1, "must not be empty").max(63),
  role: Role,
  /** Each of them is told by a new generation in the same write; 100 changes are the limit of one. */
  networks: z.array(NetworkId).min(1, "must name a network; leave it out for all of them").max(15).optional(),
  cidrs: z.array(Cidr).min(1, "must name an address; leave it out for all of them").max(32).optional(),
  expiresAt: Timestamp.optional(),
});
export type ApiKeySpec = z.infer<typeof ApiKeySpec>;

export const ApiKeyId = z.string().regex(/^cpk_[0-9a-f]{12}$/, "must be the id of a key: cpk_ and 12 hex digits");

/** An API key `cpk_<12 hex id>_<secret>`; only the SHA-256 of the whole key is kept. */
export const ApiKey = ApiKeySpec.extend({
  /** `cpk_<12 hex>`: the part of the key that may be shown. */
  id: ApiKeyId,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  org: OrganizationId,
  /** True for a key of the platform's own operators. */
  platform: z.boolean(),
  createdAt: Timestamp,
  createdBy: z.string().optional(),
  /** The key that takes over; this one ends with the overlap. */
  replacedBy: ApiKeyId.optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** When a key was last used, to the minute. Only authentication writes it. */
export const ApiKeyUse = z.strictObject({ key: ApiKeyId, at: Timestamp });
export type ApiKeyUse = z.infer<typeof ApiKeyUse>;

/** The keys that one network accepts. Written with each of them, so that no index has to be trusted. */
export const KeysOfNetwork = z.strictObject({
  network: NetworkId,
  keys: z.array(ApiKeyId),
  /** Whose network tokens of before are refused: a revoked key may have fetched one just then. */
  revoked: z.array(z.strictObject({ sub: z.string(), before: Timestamp })),
});
export type KeysOfNetwork = z.infer<typeof KeysOfNetwork>;

/** A network token lives 15 minutes; after twice that there is none left to refuse. */
const REVOKED_FOR_MS = 30 * 60_000;

export const withKey = (kept: KeysOfNetwork, id: string): KeysOfNetwork => ({ ...kept, keys: [...kept.keys, id] });

/** Without a revoked key, and without what it may have fetched. */
export const withoutKey = (kept: KeysOfNetwork, id: string, now: number): KeysOfNetwork => ({
  ...kept,
  keys: kept.keys.filter((key) => key !== id),
  revoked: [
    ...kept.revoked.filter(({ before }) => now - Date.parse(before) < REVOKED_FOR_MS),
    { sub: `key:${id}`, before: timestampOf(now) },
  ],
});

/** A change of `lastUsedAt` is written at most this often. */
export const USE_PERIOD_MS = 60_000;

/** How long both keys work after a rotation, unless the caller says otherwise, and at most. */
const USUAL_OVERLAP = "24h";
const LONGEST_OVERLAP_MS = 7 * 86_400_000;

export const RotationSpec = z.strictObject({
  overlap: Duration.refine((text) => millisecondsOf(text) <= LONGEST_OVERLAP_MS, "must be at most 7d").default(
    USUAL_OVERLAP,
  ),
});
export type RotationSpec = z.infer<typeof RotationSpec>;

/** The id within a presented key, or undefined where it has not the form of one. */
export const apiKeyIdOf = (presented: string): string | undefined =>
  /^(cpk_[0-9a-f]{12})_[A-Za-z0-9_-]{20,}$/.exec(presented)?.[1];

export const hasExpired = ({ expiresAt }: Pick<ApiKey, "expiresAt">, now: number): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= now;

/** A key as the API shows it, and as the audit trail keeps it: nothing of its secret. */
export const ApiKeyView = ApiKey.omit({ sha256: true, org: true }).extend({
  networks: z.array(NetworkId).nullable(),
  cidrs: z.array(z.string()).nullable(),
  expiresAt: Timestamp.nullable(),
  createdBy: z.string().nullable(),
  replacedBy: ApiKeyId.nullable(),
  lastUsedAt: Timestamp.nullable(),
});
export type ApiKeyView = z.infer<typeof ApiKeyView>;

export function apiKeyView(key: ApiKey, use: ApiKeyUse | undefined): ApiKeyView {
  const { sha256, org, networks, cidrs, expiresAt, createdBy, replacedBy, ...rest } = key;
  return {
    ...rest,
    networks: networks ?? null,
    cidrs: cidrs ?? null,
    expiresAt: expiresAt ?? null,
    createdBy: createdBy ?? null,
    replacedBy: replacedBy ?? null,
    lastUsedAt: use?.at ?? null,
  };
}

/** Who makes or changes a key: their own role, and whether a key of theirs has limits that another one could lack. */
export interface KeyMaker {
  readonly role: Role;
  readonly limited?: boolean | undefined;
}

/** Refuses a key that could do more than who makes it, and one that is over before it begins. */
export function expectMayMake({ role, limited = false }: KeyMaker, spec: ApiKeySpec, now: number): void {
  expectMayHandle({ role }, spec);
  if (limited)
    throw new Refusal(
      "forbidden",
      "A key that is limited to addresses or a time makes no other keys; use one without limits, or sign in.",
    );
  if (hasExpired(spec, now))
    throw new Refusal("invalid-input", "expiresAt: is in the past", {
      errors: [{ path: "expiresAt", message: "is in the past" }],
    });
}

/** Refuses a role above one's own: what one may neither hand out nor take away. */
export function expectMayHandle({ role }: KeyMaker, key: Pick<ApiKey, "role">): void {
  if (!isAtLeast(role, key.role))
    throw new Refusal("forbidden", `You are ${role} and cannot make, rotate or revoke a key that is ${key.role}.`);
}

/** A rotation: the new key is what the old one was, and the old one ends with the overlap, or when it would have anyway. */
export function rotate(
  old: ApiKey,
  { overlap }: RotationSpec,
  next: Pick<ApiKey, "id" | "sha256" | "createdBy">,
  now: number,
): { readonly old: ApiKey; readonly next: ApiKey } {
  if (old.replacedBy)
    throw new Refusal("not-possible-now", `${old.id} was replaced by ${old.replacedBy} already; rotate that one.`);
  if (hasExpired(old, now)) throw new Refusal("not-possible-now", `${old.id} has expired; make a new key.`);
  const ends = timestampOf(now + millisecondsOf(overlap));
  return {
    old: { ...old, replacedBy: next.id, expiresAt: old.expiresAt && old.expiresAt < ends ? old.expiresAt : ends },
    next: { ...old, ...next, createdAt: timestampOf(now) },
  };
}

/** A key as the network is told of it. */
export const networkKeyOf = ({ id, sha256, role, cidrs, expiresAt }: ApiKey): NetworkKey => ({
  id,
  sha256,
  role,
  ...(cidrs ? { cidrs } : {}),
  ...(expiresAt ? { expiresAt } : {}),
});
