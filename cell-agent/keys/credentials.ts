import * as z from "zod";
import { userJwt } from "#adapters/nats/jwt.ts";
import { nkeyOfSeed } from "#adapters/nats/nkey.ts";
import { type Certified, isIssuedByAny, issueLeaf, namesOf, validityOf } from "#adapters/x509.ts";
import { services } from "#core/workload.ts";
import type { Authority } from "./authority.ts";
import type { CertificateAuthorities } from "./cell-keys.ts";
import type { NetworkKeys } from "./network-keys.ts";

const CERTIFICATE_DAYS = 90;
const USER_DAYS = 30;
const DAY_MS = 86_400_000;

const Pair = z.strictObject({ certPem: z.string(), keyPem: z.string() });

/** What a network's programs show to one another, and what ends: renewed when less than a third of its life is left. */
export const Credentials = z.strictObject({
  nats: Pair,
  internal: Pair,
  systemJwt: z.string(),
  orchestratorJwt: z.string(),
  /** When the two user JWTs end, in milliseconds since 1970. */
  usersUntil: z.number(),
  /** The rotation of the keys that they are made with. */
  rotation: z.int().nonnegative().default(0),
});
export type Credentials = z.infer<typeof Credentials>;

export interface CredentialsOf {
  readonly instance: string;
  readonly keys: NetworkKeys;
  readonly authorities: Pick<CertificateAuthorities, "nats" | "internal">;
  /** Names and addresses by which nodes and the orchestrator reach the broker. */
  readonly natsNames: readonly string[];
  readonly now: number;
}

/** The name of an orchestrator on its internal port. */
export const internalServerName = (namespace: string): string => `${services.orchestrator}.${namespace}.svc`;

/** The same value where nothing is due. */
export function renewCredentials(held: Credentials | undefined, of: CredentialsOf): Credentials {
  const { keys, authorities, instance, natsNames, now } = of;
  const { rotation } = keys;
  if (held && held.rotation !== rotation) return renewCredentials(undefined, of);
  const nats = renewLeaf(held?.nats, authorities.nats, natsNames, now);
  const internal = renewLeaf(held?.internal, authorities.internal, [internalServerName(instance)], now);
  const usersStay = held !== undefined && held.usersUntil - now > (USER_DAYS * DAY_MS) / 3;
  if (held && usersStay && nats === held.nats && internal === held.internal) return held;
  return { nats, internal, rotation, ...(usersStay ? usersOf(held) : newUsers(keys, now)) };
}

function renewLeaf(held: Certified | undefined, ca: Authority, names: readonly string[], now: number): Certified {
  const isOurs = held !== undefined && isIssuedByAny(held.certPem, ca.trustPem);
  return isOurs && !isDue(held.certPem, now) && namesOf(held.certPem).join() === names.join()
    ? held
    : issueLeaf(ca, { names, now, days: CERTIFICATE_DAYS });
}

/** True from the last third of a certificate's life on. */
export function isDue(certPem: string, now: number): boolean {
  const { from, until } = validityOf(certPem);
  return until - now < (until - from) / 3;
}

const usersOf = ({ systemJwt, orchestratorJwt, usersUntil }: Credentials) => ({
  systemJwt,
  orchestratorJwt,
  usersUntil,
});

function newUsers(keys: NetworkKeys, now: number) {
  const usersUntil = now + USER_DAYS * DAY_MS;
  const user = (of: NetworkKeys["system"]) =>
    userJwt(nkeyOfSeed(of.accountSeed), {
      name: "orchestrator",
      user: nkeyOfSeed(of.userSeed).public,
      issuedAt: Math.floor(now / 1_000),
      expiresAt: Math.floor(usersUntil / 1_000),
    });
  return { systemJwt: user(keys.system), orchestratorJwt: user(keys.orchestrator), usersUntil };
}
