import type { PublicJwk } from "../model/access.ts";

/** Claims of a token. `iat` and `exp` are seconds since 1970. */
export type Claims = Readonly<Record<string, unknown>> & { readonly iat: number; readonly exp: number };

/** A token that verified: what it says. */
export interface Verified {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
}

/** Signs JWTs with ES256. The private half never leaves it. */
export interface Signer {
  /** A compact JWT with `typ` and `kid` in its header. */
  sign(typ: string, claims: Claims): Promise<string>;
  /** The public keys that verifiers should pin now: the one in use, and during a rotation the other. */
  publicKeys(): Promise<PublicJwk[]>;
}

/** Checks what a `Signer` made, against pinned public keys only. */
export interface Verifier {
  /** Refuses with `unauthenticated`: wrong signature, `typ`, audience or time (60 s of skew are allowed). */
  verify(
    token: string,
    expected: { typ: string; audience: string; keys: readonly PublicJwk[]; now: number },
  ): Promise<Verified>;
  /** True where `signature` (base64url, ES256 as r and s) over the UTF-8 `text` was made by `key`'s private half. */
  verifyText(text: string, signature: string, key: PublicJwk): Promise<boolean>;
}
