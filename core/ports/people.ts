/** A person, as an issuer that we trust says. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  /** Only an address that the issuer has verified. */
  readonly email: string | null;
  readonly name: string | null;
  /** True for a token that was made for the platform's operators. */
  readonly platform: boolean;
}

/**
 * Knows people by the OIDC tokens of the configured issuers. Refuses with `unauthenticated`, or with `unavailable` where an issuer
 * cannot be reached and nothing is kept of its keys.
 */
export interface People {
  identify(token: string, now: number): Promise<Person>;
}
