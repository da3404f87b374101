import { randomBytes } from "node:crypto";
import * as z from "zod";
import { accountJwt, noJetStream, noLimits, operatorJwt } from "#adapters/nats/jwt.ts";
import { createNkey } from "#adapters/nats/nkey.ts";
import type { Cluster } from "#core/ports.ts";
import { keptNew, keptOnce, keptRef, readKept, writeKept } from "../kept.ts";
import { nextKeys, type RotationWanted } from "./rotate-keys.ts";

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

export const networkKeysRef = (instance: string) => keptRef("Secret", `network-keys-${instance}`);

/** The keys of a network, made at its first pass; without a look first where they are probably not there yet. */
export async function networkKeys(
  cluster: Cluster,
  instance: string,
  { now, isNew }: { now: number; isNew: boolean },
): Promise<NetworkKeys> {
  const kept = await (isNew ? keptNew : keptOnce)(cluster, networkKeysRef(instance), {
    parse: (value) => NetworkKeys.parse(value),
    make: () => newNetworkKeys(instance, now),
  });
  return kept.value;
}

/**
 * What the keys of a network are after a rotation that is due; the same value where none is. Of two agents that rotate at once one wins,
 * and the other finds its work.
 */
export async function currentKeys(
  cluster: Cluster,
  instance: string,
  { held, wanted }: { held: NetworkKeys; wanted: RotationWanted },
): Promise<NetworkKeys> {
  if (nextKeys(held, wanted) === held) return held;
  const ref = networkKeysRef(instance);
  const kept = await readKept(cluster, ref, (value) => NetworkKeys.parse(value));
  if (!kept) return held;
  const next = nextKeys(kept.value, wanted);
  if (next !== kept.value) await writeKept(cluster, ref, { value: next, version: kept.version });
  return next;
}

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
