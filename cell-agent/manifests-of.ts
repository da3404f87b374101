import { objectNameOf } from "#core/model/ids.ts";
import type { NetworkInstance } from "#core/model/instance.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { type Plan, plans } from "#core/model/plan.ts";
import type { NetworkAddresses } from "#core/ports.ts";
import type { CellFacts } from "./cell.ts";
import type { CertificateAuthorities } from "./keys/cell-keys.ts";
import type { Credentials } from "./keys/credentials.ts";
import type { NetworkKeys } from "./keys/network-keys.ts";
import { tenantBinding, workloadAccount } from "./manifests/accounts.ts";
import { broker } from "./manifests/broker.ts";
import { disruptionBudget } from "./manifests/disruption-budget.ts";
import { limits } from "./manifests/limits.ts";
import { namespace as namespaceManifest } from "./manifests/namespace.ts";
import { networkPolicies } from "./manifests/network-policies.ts";
import { orchestrator } from "./manifests/orchestrator.ts";
import { routes } from "./manifests/routes.ts";
import { natsConf, orchestratorSecretsHash, secrets } from "./manifests/secrets.ts";
import { services } from "./manifests/services.ts";
import type { Volume } from "./volume.ts";

/** All that manifests are made of, besides the instance. */
export interface Ingredients {
  readonly cell: CellFacts;
  readonly authorities: Pick<CertificateAuthorities, "nats" | "internal">;
  readonly keys: NetworkKeys;
  readonly credentials: Credentials;
  readonly addresses: NetworkAddresses;
  /** The sizes of a volume that exists; a new one is as large as the plan. */
  readonly volume?: Pick<Volume, "template" | "usable" | "quota">;
}

/**
 * Everything a network is made of, in stages: nothing of a stage is applied before all of the one before it was accepted. So a
 * tenant's walls stand before the first secret or program is in them (R9).
 */
export function manifestsOf(
  { spec: order, metadata }: Pick<NetworkInstance, "spec" | "metadata">,
  { cell, authorities, keys, credentials, addresses, volume }: Ingredients,
): KubeObject[][] {
  const { network, spec, access } = order;
  const namespace = objectNameOf(network);
  const plan = plans[spec.plan];
  const sized = (storageGiB: number = plan.storageGiB): Plan => ({ ...plan, storageGiB });
  const usable = sized(volume?.usable);
  const content = { namespace, plan: usable, doors: cell.doors, access, keys, credentials, authorities };
  const secretsHash = orchestratorSecretsHash(content);
  return [
    [namespaceManifest(namespace, metadata.uid)],
    // Before all else that is inside: it is by this that the agent may make the rest.
    [tenantBinding(namespace)],
    [...networkPolicies(namespace), ...limits(namespace, sized(volume?.quota)), workloadAccount(namespace)],
    secrets(content),
    [
      broker(
        namespace,
        sized(volume?.template),
        natsConf({ namespace, plan: usable, keys, doors: cell.doors }),
        cell.imageRegistry,
      ),
      orchestrator({ network, namespace, spec, plan, cell, addresses, secretsHash }),
      ...services(namespace),
      ...routes(namespace, addresses.host, cell.doors),
      disruptionBudget(namespace),
    ],
  ];
}
