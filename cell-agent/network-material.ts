import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Clock, Cluster, NetworkAddresses } from "#core/ports.ts";
import { services } from "#core/workload.ts";
import { hostOf, SYSTEM_NAMESPACE } from "./cell.ts";
import { keptIn } from "./kept.ts";
import type { CertificateAuthorities } from "./keys/cell-keys.ts";
import {
  Credentials,
  type CredentialsOf,
  currentCredentials,
  firstCredentials,
  renewCredentials,
} from "./keys/credentials.ts";
import { currentKeys, NetworkKeys, networkKeys } from "./keys/network-keys.ts";
import type { RotationWanted } from "./keys/rotate-keys.ts";

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
  readonly rotation: number;
}

export function materials(options: {
  cluster: Cluster;
  clock: Pick<Clock, "now">;
  domain: string;
  authorities: CertificateAuthorities;
}): Materials {
  const { cluster, clock, domain, authorities } = options;
  const held = new Map<string, Material & { readonly looked: Looked }>();
  const kept = new Map<string, { keys?: NetworkKeys; credentials?: Credentials }>();
  let isPreloaded = false;

  /** Its keys and credentials as they are kept; made where there are none. */
  async function first(instance: string, now: number): Promise<NetworkKeys> {
    const known = kept.get(instance)?.keys;
    return known ?? networkKeys(cluster, instance, { now, isNew: isPreloaded });
  }
  function firstOrCurrent(asked: CredentialsOf): Promise<Credentials> {
    const known = kept.get(asked.instance);
    kept.delete(asked.instance);
    if (known?.credentials && renewCredentials(known.credentials, asked) === known.credentials)
      return Promise.resolve(known.credentials);
    return isPreloaded && !known && !held.has(asked.instance)
      ? firstCredentials(cluster, asked)
      : currentCredentials(cluster, asked);
  }

  return {
    async preload() {
      const secrets = await cluster.list({ apiVersion: "v1", kind: "Secret", namespace: SYSTEM_NAMESPACE });
      for (const secret of secrets) {
        const { name } = secret.metadata;
        const instance = /^network-(?:keys|credentials)-(.+)$/.exec(name)?.[1];
        if (instance === undefined) continue;
        const before = kept.get(instance) ?? {};
        if (name.startsWith("network-keys-"))
          kept.set(instance, { ...before, keys: keptIn(secret, (value) => NetworkKeys.parse(value)).value });
        else kept.set(instance, { ...before, credentials: keptIn(secret, (value) => Credentials.parse(value)).value });
      }
      isPreloaded = true;
    },
    async of(instance, network, wanted) {
      const now = clock.now();
      const known = held.get(instance);
      const [had, addresses] = known
        ? [known.keys, known.addresses]
        : await Promise.all([first(instance, now), cluster.addressesOf(hostOf(network, domain))]);
      const keys = await currentKeys(cluster, instance, { held: had, wanted });
      const asked = { instance, keys, authorities, natsNames: natsNamesOf(instance, addresses), now };
      const looked = {
        at: now,
        trust: authorities.nats.trustPem + authorities.internal.trustPem,
        rotation: keys.rotation,
      };
      const isRecent = known !== undefined && stillHolds(known.looked, looked);
      const fresh = known && (isRecent || renewCredentials(known.credentials, asked) === known.credentials);
      const credentials = fresh ? known.credentials : await firstOrCurrent(asked);
      const certificate = fresh ? known.certificate : new X509Certificate(credentials.nats.certPem).fingerprint256;
      const material = { keys, addresses, credentials, certificate, looked: isRecent ? known.looked : looked };
      held.set(instance, material);
      return material;
    },
    forget: (instance) => void held.delete(instance),
  };
}

const stillHolds = (before: Looked, now: Looked): boolean =>
  before.trust === now.trust && before.rotation === now.rotation && Math.abs(now.at - before.at) < LOOK_AGAIN_MS;

/** Every name under which a client may verify the broker: its route, its service, and an address where people are told one. */
function natsNamesOf(namespace: string, { host, nats }: NetworkAddresses): string[] {
  const told = new URL(nats.url).hostname;
  return [host, `${services.nats}.${namespace}.svc`, ...(isIP(told) === 4 ? [told] : [])];
}
