import { Refusal } from "../errors.ts";
import type { Network, NetworkSpec } from "../model/network.ts";
import { type NetworkView, networkView } from "../model/network-view.ts";
import type { Operation } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import { resolveNew } from "../model/release/resolve-release.ts";
import { timestampOf } from "../model/time.ts";
import { acceptChange } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { readForNew } from "./find-release.ts";
import { idempotently } from "./idempotently.ts";
import { takeOfQuota } from "./quota.ts";
import { repeatOnConflict } from "./repeat.ts";

export interface Accepted {
  readonly network: NetworkView;
  readonly operation: Operation;
}

/** Records the intent and returns at once. The store's stream starts the work, so intent and work cannot disagree. */
export async function createNetwork(
  deps: Dependencies,
  caller: Caller,
  { org, spec, idempotencyKey }: { org: string; spec: NetworkSpec; idempotencyKey: string | undefined },
): Promise<Accepted> {
  const { store, ids, clock } = deps;
  const organization = await findOrganization(store, caller, org);
  const repeatable = { key: idempotencyKey, request: { create: "network", org: organization.id, spec } };

  return repeatOnConflict(() =>
    idempotently<Accepted>(deps, caller, repeatable, async (remember) => {
      const name = nameClaim(organization.id, spec.name);
      if (await store.get("claim", name))
        throw new Refusal(
          "name-taken",
          `There is a network ${spec.name} already. Choose another name, or delete that one first.`,
        );

      const { releases, carried } = await readForNew(store, spec);
      const now = timestampOf(clock.now());
      const network: Network = {
        ...spec,
        ...resolveNew(spec, releases, carried),
        id: ids.next("net"),
        org: organization.id,
        generation: 1,
        deleting: false,
        operation: ids.next("op"),
        createdAt: now,
        updatedAt: now,
      };
      const { operation, changes } = acceptChange(deps, caller, {
        kind: "create",
        before: undefined,
        after: network,
        older: undefined,
        message: `${caller.actor} asked for the network ${spec.name}.`,
      });
      const nothing = { placement: undefined, status: undefined, report: undefined };
      const accepted = { network: networkView({ network, operation, ...nothing }, clock.now()), operation };

      await store.commit([
        { write: "put", was: 0, kind: "claim", value: { id: name, owner: network.id } },
        ...changes,
        await takeOfQuota(store, organization.id, "networks"),
        ...remember(accepted),
      ]);
      return accepted;
    }),
  );
}

/** Names are unique within an organization. */
export const nameClaim = (org: string, name: string): string => `network-name/${org}/${name}`;
