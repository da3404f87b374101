import { createCa } from "#adapters/x509.ts";
import { CellId, NetworkId, OrganizationId, objectNameOf } from "#core/model/ids.ts";
import { INSTANCE_API_VERSION, INSTANCE_KIND, type NetworkInstance } from "#core/model/instance.ts";
import { type KubeObject, refOf, refText } from "#core/model/kube-object.ts";
import type { PlanName } from "#core/model/plan.ts";
import { usualDoors } from "../../cell-agent/doors.ts";
import { soleAuthority } from "../../cell-agent/keys/authority.ts";
import { renewCredentials } from "../../cell-agent/keys/credentials.ts";
import { newNetworkKeys } from "../../cell-agent/keys/network-keys.ts";
import type { Ingredients } from "../../cell-agent/manifests-of.ts";
import { appliedHashOf, hashed, type Known } from "../../cell-agent/plan.ts";

export const now = Date.UTC(2026, 0, 1);
export const network = NetworkId.parse(`net_${"0".repeat(25)}1`);

export const anInstance = (
  spec: { release?: string; plan?: PlanName; generation?: number; accessGeneration?: number } = {},
): NetworkInstance => {
  const { release = "1.2.3", plan = "starter", generation = 1, accessGeneration = generation } = spec;
  return {
    apiVersion: INSTANCE_API_VERSION,
    kind: INSTANCE_KIND,
    metadata: { name: objectNameOf(network) },
    spec: {
      ...{ network, epoch: 1, generation },
      spec: { org: OrganizationId.parse(`org_${"0".repeat(25)}1`), name: "factory", release, plan, settings: {} },
      access: { generation: accessGeneration, keys: [], issuers: [], revoked: [] },
    },
  };
};

/** What manifests are made of, with keys that are real and new. */
export function ingredients(): Ingredients {
  const authorities = {
    nats: soleAuthority(createCa({ name: "NATS", now, days: 3_650 })),
    internal: soleAuthority(createCa({ name: "internal", now, days: 3_650 })),
  };
  const instance = objectNameOf(network);
  const host = `${instance}.cell-1.test`;
  const keys = newNetworkKeys(instance, now);
  return {
    ...{ authorities, keys },
    cell: { id: CellId.parse(`cel_${"0".repeat(25)}1`), domain: "cell-1.test", doors: usualDoors },
    credentials: renewCredentials(undefined, { instance, keys, authorities, natsNames: [host], now }),
    addresses: {
      host,
      api: { url: `https://${host}`, dial: { host: "10.0.0.1", port: 443 } },
      nats: { url: `tls://${host}:4222`, dial: { host: "10.0.0.1", port: 4222 } },
    },
  };
}

/** A cluster in which these objects were applied, and nobody edited them. */
export const appliedWorld = (objects: readonly KubeObject[]): { known: Map<string, Known> } => ({
  known: new Map(
    objects.map((object) => {
      const ref = refOf(object);
      return [refText(ref), { ref, hash: appliedHashOf(hashed(object)) }];
    }),
  ),
});
