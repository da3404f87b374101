import * as jose from "jose";
import * as z from "zod";
import { Refusal } from "#core/errors.ts";
import type { Log, People, Person } from "#core/ports.ts";
import { type IssuerKeys, issuerKeys } from "./oidc/issuer-keys.ts";

/** An issuer whose tokens are believed, as the configuration says. */
export interface Issuer {
  /** Compared as text with `iss`; its keys are found by its discovery document. */
  readonly issuer: string;
  /** What `aud` must name. */
  readonly audience: string;
  /** The audience of tokens for the platform's own operators; where it is left out there are none. */
  readonly platformAudience?: string | undefined;
}

/** Signatures with a public key alone: never `none`, and never one whose key the verifier would have to keep secret. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** How far two clocks may differ. */
const SKEW_SECONDS = 60;

const Claims = z.looseObject({
  sub: z.string().min(1).max(255),
  email: z.string().optional(),
  /** Some issuers write it as text. */
  email_verified: z.union([z.boolean(), z.stringbool()]).optional(),
  name: z.string().max(255).optional(),
});

const unauthenticated = (message: string, cause?: unknown) => new Refusal("unauthenticated", message, { cause });

/** People by the tokens (JWT) of the given issuers. */
export function oidcPeople(issuers: readonly Issuer[], { log }: { log: Log }): People {
  const known = new Map(issuers.map((issuer) => [issuer.issuer, { ...issuer, keys: issuerKeys(issuer.issuer, log) }]));

  return {
    async identify(token, now) {
      const issuer = known.get(issuerNamedBy(token));
      if (!issuer) throw unauthenticated("The token is not of an issuer that is configured here.");
      const payload = await verified(token, issuer, issuer.keys, now);
      const claims = Claims.safeParse(payload);
      if (!claims.success) throw unauthenticated("The token does not say who it is about.", claims.error);
      return personOf(issuer, payload, claims.data);
    },
  };
}

function personOf(
  { issuer, platformAudience }: Issuer,
  { aud }: jose.JWTPayload,
  { sub, email, email_verified, name }: z.output<typeof Claims>,
): Person {
  return {
    issuer,
    subject: sub,
    email: email_verified === true ? (email ?? null) : null,
    name: name ?? null,
    platform: platformAudience !== undefined && [aud].flat().includes(platformAudience),
  };
}

/** What the token claims of its issuer, before anything is believed: only to find whose keys must fit. */
function issuerNamedBy(token: string): string {
  try {
    return jose.decodeJwt(token).iss ?? "";
  } catch {
    return "";
  }
}

async function verified(
  token: string,
  { issuer, audience, platformAudience }: Issuer,
  keys: IssuerKeys,
  now: number,
): Promise<jose.JWTPayload> {
  const verify = async (set: jose.JSONWebKeySet) =>
    (
      await jose.jwtVerify(token, jose.createLocalJWKSet(set), {
        algorithms,
        issuer,
        audience: platformAudience === undefined ? audience : [audience, platformAudience],
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(now),
        requiredClaims: ["sub", "iat", "exp"],
      })
    ).payload;
  try {
    try {
      return await verify(await keys.current(now));
    } catch (error) {
      // The issuer may have changed its keys since they were fetched.
      const newer = error instanceof jose.errors.JWKSNoMatchingKey ? await keys.newer(now) : undefined;
      if (!newer) throw error;
      return await verify(newer);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw unauthenticated(reasonOf(error), error);
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof jose.errors.JWTExpired
    ? "The token has expired. Sign in again."
    : "The token is not valid here: it is for another audience, not valid yet, or not signed by a key of its issuer.";
