import { isIP } from "node:net";
import type { Clock, Cluster, NetworkAddresses } from "#core/ports.ts";
import { services } from "#core/workload.ts";
import { hostOf } from "./cell.ts";
import type { CertificateAuthorities } from "./keys/cell-keys.ts";
import { type Credentials, currentCredentials, renewCredentials } from "./keys/credentials.ts";
import { type NetworkKeys, networkKeys } from "./keys/network-keys.ts";

/** What manifests of one network are made of and cost requests to learn: held from the first pass on. */
export interface Material {
  readonly keys: NetworkKeys;
  readonly credentials: Credentials;
  readonly addresses: NetworkAddresses;
}

export interface Materials {
  of(instance: string, network: string): Promise<Material>;
  forget(instance: string): void;
}

export function materials(options: {
  cluster: Cluster;
  clock: Pick<Clock, "now">;
  domain: string;
  authorities: CertificateAuthorities;
}): Materials {
  const { cluster, clock, domain, authorities } = options;
  const held = new Map<string, Material>();

  return {
    async of(instance, network) {
      const now = clock.now();
      const known = held.get(instance);
      const [keys, addresses] = known
        ? [known.keys, known.addresses]
        : await Promise.all([networkKeys(cluster, instance, now), cluster.addressesOf(hostOf(network, domain))]);
      const asked = { instance, keys, authorities, natsNames: natsNamesOf(instance, addresses), now };
      const fresh = known && renewCredentials(known.credentials, asked) === known.credentials;
      const credentials = fresh ? known.credentials : await currentCredentials(cluster, asked);
      const material = { keys, addresses, credentials };
      held.set(instance, material);
      return material;
    },
    forget: (instance) => void held.delete(instance),
  };
}

/** Every name under which a client may verify the broker: its route, its service, and an address where people are told one. */
function natsNamesOf(namespace: string, { host, nats }: NetworkAddresses): string[] {
  const told = new URL(nats.url).hostname;
  return [host, `${services.nats}.${namespace}.svc`, ...(isIP(told) === 4 ? [told] : [])];
}
