import * as z from "zod";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Cluster } from "#core/ports.ts";
import { type Kept, keptIn, keptNew, keptOnce, keptRef, readKept, writeKept } from "../kept.ts";
import { Credentials, type CredentialsOf, renewCredentials } from "./credentials.ts";
import { NetworkKeys, newNetworkKeys } from "./network-keys.ts";
import { nextKeys, type RotationWanted } from "./rotate-keys.ts";

/** All that is secret of a network: what it began with, and what is renewed. */
export interface NetworkSecrets {
  readonly keys: NetworkKeys;
  readonly credentials: Credentials;
}

/** Together in one Secret of the agent's namespace: of a thousand networks each Secret is a thousand requests. */
const Together = z.strictObject({
  keys: NetworkKeys,
  /** Absent where somebody took them away: they are made anew from the keys. */
  credentials: Credentials.optional(),
});
type KeptSecrets = z.infer<typeof Together>;
/** Cells of before kept the keys alone. */
const KeptSecrets = z.union([Together, NetworkKeys.transform((keys): KeptSecrets => ({ keys }))]);

const parse = (value: unknown): KeptSecrets => KeptSecrets.parse(value);

const PREFIX = "network-keys-";
export const networkSecretsRef = (instance: string) => keptRef("Secret", `${PREFIX}${instance}`);

/** Of which network an object keeps the secrets; `undefined` where of none. */
export function secretsIn(object: KubeObject): readonly [instance: string, secrets: KeptSecrets] | undefined {
  const { name } = object.metadata;
  return name.startsWith(PREFIX) ? [name.slice(PREFIX.length), keptIn(object, parse).value] : undefined;
}

export interface SecretsWanted extends Omit<CredentialsOf, "keys"> {
  readonly wanted: RotationWanted;
}

/** The secrets that a network should have: keys and credentials are the same values where nothing of them is due. */
export function nextSecrets(
  { keys: held, credentials }: KeptSecrets,
  { wanted, ...of }: SecretsWanted,
): NetworkSecrets {
  const keys = nextKeys(held, wanted);
  return { keys, credentials: renewCredentials(credentials, { ...of, keys }) };
}

export const isSame = (before: KeptSecrets, now: NetworkSecrets): boolean =>
  before.keys === now.keys && before.credentials === now.credentials;

/** The secrets of a network, made at its first pass; without a look first where they are probably not there yet. */
export async function firstSecrets(
  cluster: Cluster,
  of: SecretsWanted,
  { isNew }: { isNew: boolean },
): Promise<NetworkSecrets> {
  const made = () => nextSecrets({ keys: newNetworkKeys(of.instance, of.now) }, of);
  return renewed(
    cluster,
    await (isNew ? keptNew : keptOnce)(cluster, networkSecretsRef(of.instance), { parse, make: made }),
    of,
  );
}

/**
 * The secrets in force, after what is due was done and kept. Of two agents that do it at once one wins, and the other finds its work. What
 * somebody took away while it was held is kept again.
 */
export async function currentSecrets(
  cluster: Cluster,
  held: NetworkSecrets,
  of: SecretsWanted,
): Promise<NetworkSecrets> {
  const kept = await readKept(cluster, networkSecretsRef(of.instance), parse);
  return renewed(cluster, kept ?? { value: held, version: "" }, of);
}

async function renewed(
  cluster: Cluster,
  { value, version }: Kept<KeptSecrets>,
  of: SecretsWanted,
): Promise<NetworkSecrets> {
  const next = nextSecrets(value, of);
  if (!isSame(value, next) || version === "")
    await writeKept(cluster, networkSecretsRef(of.instance), { value: next, version });
  return next;
}
