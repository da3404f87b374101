import { randomBytes } from "node:crypto";
import * as z from "zod";
import { accountJwt, noJetStream, noLimits, operatorJwt } from "#adapters/nats/jwt.ts";
import { createNkey } from "#adapters/nats/nkey.ts";

/** As many as the operator JWT names from the start: a broker cannot take a new one while it runs. */
const SIGNING_KEYS = 12;

const AccountKeys = z.strictObject({
  account: z.string(),
  accountSeed: z.string(),
  accountJwt: z.string(),
  userSeed: z.string(),
});

/** The keys of one network that never leave the agent's namespace as a whole; an orchestrator is given the few it needs. */
export const NetworkKeys = z.strictObject({
  operatorSeed: z.string(),
  /** Signed once and kept: it must stay the same byte for byte while the broker runs. */
  operatorJwt: z.string(),
  signingSeeds: z.array(z.string()).length(SIGNING_KEYS),
  activeSigningKey: z.int().min(0),
  system: AccountKeys,
  orchestrator: AccountKeys,
  /** AES-256, base64url. */
  sealingKey: z.string(),
  /** The one before, while something may be sealed with it. */
  sealingKeyPrevious: z.string().optional(),
  /** Which rotation these are of; 0: those it began with. */
  rotation: z.int().nonnegative().default(0),
  snapshotKey: z.string(),
});
export type NetworkKeys = z.infer<typeof NetworkKeys>;

export function newNetworkKeys(name: string, now: number): NetworkKeys {
  const issuedAt = Math.floor(now / 1_000);
  const operator = createNkey("operator");
  const signing = Array.from({ length: SIGNING_KEYS }, () => createNkey("operator"));
  const [signer = operator] = signing;
  const account = (title: string, limits: typeof noLimits) => {
    const key = createNkey("account");
    return {
      account: key.public,
      accountSeed: key.seed,
      accountJwt: accountJwt(signer, { name: title, account: key.public, limits, issuedAt }),
      userSeed: createNkey("user").seed,
    };
  };
  const system = account("SYS", noJetStream);
  return {
    operatorSeed: operator.seed,
    operatorJwt: operatorJwt(operator, {
      name,
      signingKeys: signing.map((key) => key.public),
      systemAccount: system.account,
      issuedAt,
    }),
    signingSeeds: signing.map((key) => key.seed),
    activeSigningKey: 0,
    system,
    orchestrator: account("ORCH", noLimits),
    sealingKey: randomBytes(32).toString("base64url"),
    rotation: 0,
    snapshotKey: randomBytes(32).toString("base64url"),
  };
}
