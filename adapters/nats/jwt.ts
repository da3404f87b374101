import { createHash } from "node:crypto";
import type { Nkey } from "./nkey.ts";

/** What a user of NATS may do. Deny by leaving out: with `allow`, everything else is refused. */
export interface Permissions {
  readonly pub?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
  readonly sub?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
  /** How many answers to one request, and for how many nanoseconds. */
  readonly resp?: { readonly max: number; readonly ttl: number };
}

/** Limits of one account; -1 is no limit. JetStream is off unless one of its storages is not 0. */
export interface AccountLimits {
  readonly conn: number;
  readonly subs: number;
  readonly payload: number;
  readonly memStorage: number;
  readonly diskStorage: number;
  readonly streams: number;
  readonly consumers: number;
}

export const noLimits: AccountLimits = {
  conn: -1,
  subs: -1,
  payload: -1,
  memStorage: -1,
  diskStorage: -1,
  streams: -1,
  consumers: -1,
};

/** Without JetStream: the system account must not have it. */
export const noJetStream: AccountLimits = { ...noLimits, memStorage: 0, diskStorage: 0, streams: 0, consumers: 0 };

/** A signing key of an account whose users all get `template`, whatever their JWT says. */
export interface ScopedKey {
  readonly key: string;
  readonly role: string;
  readonly template: Permissions & {
    readonly subs: number;
    readonly data: number;
    readonly payload: number;
    readonly allowed_connection_types?: readonly string[];
  };
}

/** Seconds since 1970, as JWTs count. */
type Seconds = number;

/** The root of trust. Signed by the operator's identity key; `signingKeys` may sign accounts in its place. */
export const operatorJwt = (
  operator: Nkey,
  of: {
    readonly name: string;
    readonly signingKeys: readonly string[];
    readonly systemAccount: string;
    readonly issuedAt: Seconds;
  },
): string =>
  signed(operator, {
    ...{ sub: operator.public, name: of.name, iat: of.issuedAt },
    nats: {
      type: "operator",
      version: 2,
      signing_keys: of.signingKeys,
      system_account: of.systemAccount,
    },
  });

/** An account, signed by an operator key. `revocations`: user JWTs of that public key issued at or before then are refused. */
export const accountJwt = (
  operator: Nkey,
  of: {
    readonly name: string;
    readonly account: string;
    readonly limits: AccountLimits;
    readonly signingKeys?: readonly (string | ScopedKey)[];
    readonly revocations?: Readonly<Record<string, Seconds>>;
    readonly issuedAt: Seconds;
  },
): string =>
  signed(operator, {
    ...{ sub: of.account, name: of.name, iat: of.issuedAt },
    nats: {
      type: "account",
      version: 2,
      limits: {
        ...{ subs: of.limits.subs, data: -1, payload: of.limits.payload, imports: -1, exports: -1, wildcards: true },
        ...{ conn: of.limits.conn, leaf: 0, mem_storage: of.limits.memStorage, disk_storage: of.limits.diskStorage },
        ...{ streams: of.limits.streams, consumer: of.limits.consumers },
      },
      signing_keys: (of.signingKeys ?? []).map((key) =>
        typeof key === "string" ? key : { kind: "user_scope", ...key },
      ),
      ...(of.revocations && Object.keys(of.revocations).length > 0 ? { revocations: of.revocations } : {}),
      default_permissions: { pub: {}, sub: {} },
      authorization: {},
    },
  });

/**
 * A user of an account, signed by the account's key or one of its signing keys (then `account` names the account). A user of
 * a scoped signing key (`scoped`) carries no permissions of its own: the server refuses it otherwise.
 */
export const userJwt = (
  signer: Nkey,
  of: {
    readonly name: string;
    readonly user: string;
    readonly account?: string;
    readonly scoped?: boolean;
    readonly permissions?: Permissions;
    readonly issuedAt: Seconds;
    readonly expiresAt?: Seconds;
  },
): string =>
  signed(signer, {
    ...{ sub: of.user, name: of.name, iat: of.issuedAt },
    ...(of.expiresAt === undefined ? {} : { exp: of.expiresAt }),
    nats: {
      type: "user",
      version: 2,
      ...(of.account === undefined ? {} : { issuer_account: of.account }),
      ...(of.scoped ? {} : { pub: {}, sub: {}, ...of.permissions, subs: -1, data: -1, payload: -1 }),
    },
  });

/** What deletes accounts, sent to `$SYS.REQ.CLAIMS.DELETE`: signed by a trusted key, about itself. */
export const deleteAccountsJwt = (operator: Nkey, accounts: readonly string[], issuedAt: Seconds): string =>
  signed(operator, {
    ...{ sub: operator.public, name: "delete", iat: issuedAt },
    nats: { type: "generic", version: 2, accounts },
  });

const base64url = (text: string) => Buffer.from(text).toString("base64url");
const header = base64url(JSON.stringify({ typ: "JWT", alg: "ed25519-nkey" }));

function signed(signer: Nkey, claims: Readonly<Record<string, unknown>>): string {
  const issued = { ...claims, iss: signer.public };
  const jti = createHash("sha256").update(JSON.stringify(issued)).digest("base64url");
  const content = `${header}.${base64url(JSON.stringify({ jti, ...issued }))}`;
  return `${content}.${signer.sign(Buffer.from(content)).toString("base64url")}`;
}
