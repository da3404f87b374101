import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Clock, Cluster, NetworkAddresses } from "#core/ports.ts";
import { services } from "#core/workload.ts";
import { hostOf, SYSTEM_NAMESPACE } from "./cell.ts";
import type { CertificateAuthorities } from "./keys/cell-keys.ts";
import type { Credentials } from "./keys/credentials.ts";
import type { NetworkKeys } from "./keys/network-keys.ts";
import {
  currentSecrets,
  firstSecrets,
  isSame,
  type NetworkSecrets,
  nextSecrets,
  type SecretsWanted,
  secretsIn,
} from "./keys/network-secrets.ts";
import { nextKeys, type RotationWanted } from "./keys/rotate-keys.ts";

/** What manifests of one network are made of and cost requests to learn: held from the first pass on. */
export interface Material {
  readonly keys: NetworkKeys;
  readonly credentials: Credentials;
  readonly addresses: NetworkAddresses;
  /** SHA-256 of the certificate that the broker should show. */
  readonly certificate: string;
}

export interface Materials {
  /** Reads at once what is kept of all networks, so that the first pass over each of them asks nothing. */
  preload(): Promise<void>;
  /** After what is due was renewed and rotated. */
  of(instance: string, network: string, wanted: RotationWanted): Promise<Material>;
  forget(instance: string): void;
}

/** Certificates live for months; to look at one more often than this costs a processor more than all else in a pass. */
const LOOK_AGAIN_MS = 600_000;

/** What was held up to the authorities when it was looked at last. */
interface Looked {
  readonly at: number;
  readonly trust: string;
}

export function materials(options: {
  cluster: Cluster;
  clock: Pick<Clock, "now">;
  domain: string;
  authorities: CertificateAuthorities;
}): Materials {
  const { cluster, clock, domain, authorities } = options;
  const held = new Map<string, Material & { readonly looked: Looked }>();
  const kept = new Map<string, NonNullable<ReturnType<typeof secretsIn>>[1]>();
  let isPreloaded = false;

  /** Of a network that is met for the first time. */
  async function firstOf(of: SecretsWanted): Promise<NetworkSecrets> {
    const known = kept.get(of.instance);
    kept.delete(of.instance);
    if (!known) return firstSecrets(cluster, of, { isNew: isPreloaded });
    const next = nextSecrets(known, of);
    return isSame(known, next) ? next : currentSecrets(cluster, next, of);
  }

  return {
    async preload() {
      const secrets = await cluster.list({ apiVersion: "v1", kind: "Secret", namespace: SYSTEM_NAMESPACE });
      for (const secret of secrets) {
        const found = secretsIn(secret);
        if (found) kept.set(...found);
      }
      isPreloaded = true;
    },
    async of(instance, network, wanted) {
      const now = clock.now();
      const known = held.get(instance);
      const looked = { at: now, trust: authorities.nats.trustPem + authorities.internal.trustPem };
      if (known && nextKeys(known.keys, wanted) === known.keys && stillHolds(known.looked, looked)) return known;
      const addresses = known?.addresses ?? (await cluster.addressesOf(hostOf(network, domain)));
      const of = { instance, authorities, natsNames: natsNamesOf(instance, addresses), now, wanted };
      const isStill = known !== undefined && isSame(known, nextSecrets(known, of));
      const secrets = isStill ? known : await (known ? currentSecrets(cluster, known, of) : firstOf(of));
      const { keys, credentials } = secrets;
      const certificate = isStill ? known.certificate : new X509Certificate(credentials.nats.certPem).fingerprint256;
      const material = { keys, credentials, addresses, certificate, looked };
      held.set(instance, material);
      return material;
    },
    forget: (instance) => void held.delete(instance),
  };
}

const stillHolds = (before: Looked, now: Looked): boolean =>
  before.trust === now.trust && Math.abs(now.at - before.at) < LOOK_AGAIN_MS;

/** Every name under which a client may verify the broker: its route, its service, and an address where people are told one. */
function natsNamesOf(namespace: string, { host, nats }: NetworkAddresses): string[] {
  const told = new URL(nats.url).hostname;
  return [host, `${services.nats}.${namespace}.svc`, ...(isIP(told) === 4 ? [told] : [])];
}
