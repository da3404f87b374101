import { Refusal } from "../../errors.ts";
import type { Network } from "../../model/network.ts";
import type { Caller } from "../../model/organization.ts";
import { describeChange } from "../../model/rollout/change.ts";
import { type DeferralRequest, deferUpdate as decide } from "../../model/rollout/defer.ts";
import { type Rollout, rolloutHasEnded } from "../../model/rollout/rollout.ts";
import { isOpen, type RolloutTarget, targetIdOf } from "../../model/rollout/target.ts";
import type { Store, Versioned } from "../../ports.ts";
import { auditOf, eventOf } from "../accept-change.ts";
import { expectNotDeleting } from "../change-intent.ts";
import type { Dependencies } from "../dependencies.ts";
import { findNetwork } from "../read-network.ts";
import { repeatOnConflict } from "../repeat.ts";

/** How many rollouts are looked through, the newest first. */
const MOST_ROLLOUTS = 200;

/** What a deferral came to: which rollouts wait, and until when. */
export interface Deferred {
  readonly network: string;
  readonly until: string | null;
  readonly rollouts: readonly string[];
}

interface Coming {
  readonly rollout: Rollout;
  readonly target: Versioned<RolloutTarget>;
}

/** POST /v1/networks/{net}/defer: the updates that are to come to a network, and have not begun, wait until then. */
export async function deferUpdate(
  deps: Dependencies,
  caller: Caller,
  { id, until, reason }: DeferralRequest & { readonly id: string },
): Promise<Deferred> {
  const { store, clock } = deps;
  return repeatOnConflict(async () => {
    const { value: network } = await findNetwork(store, caller, id);
    expectNotDeleting(network);
    const coming = await comingTo(store, network);
    if (coming.length === 0)
      throw new Refusal("not-possible-now", `No update that could be deferred is coming to ${network.name}.`);
    const now = clock.now();
    const order = { until, reason, actor: caller.actor, plan: network.plan, now };
    const moved = coming.flatMap(({ rollout, target: { value, version } }) => {
      const announcedAt = Date.parse(rollout.activatedAt ?? rollout.createdAt);
      const deferral = decide(value.deferral, { ...order, announcedAt });
      return deferral === value.deferral || !deferral ? [] : [{ rollout, value: { ...value, deferral }, version }];
    });
    const changes = coming.map(({ rollout }) => describeChange(rollout.spec.change)).join(", ");
    const message =
      until === null
        ? `${caller.actor} lets the update ${changes} come again.`
        : `${caller.actor} deferred the update ${changes} until ${until}.`;
    if (moved.length > 0)
      await store.commit([
        ...moved.map(({ value, version }) => ({ write: "put", was: version, kind: "rollout-target", value }) as const),
        eventOf(deps, network, { type: until === null ? "update.resumed" : "update.deferred", message }),
        auditOf(deps, caller, {
          ...{ action: "network.defer", subject: network.id, org: network.org },
          before: coming.map(({ target }) => target.value.deferral ?? null),
          after: moved.map(({ rollout, value }) => ({ rollout: rollout.id, ...value.deferral })),
        }),
      ]);
    return { network: network.id, until, rollouts: coming.map(({ rollout }) => rollout.id) };
  });
}

/** Rollouts that go forward, let themselves be deferred, and have this network before them. */
async function comingTo(store: Store, network: Network): Promise<Coming[]> {
  const listed = await store.list("rollouts", "all", { limit: MOST_ROLLOUTS, descending: true });
  const rollouts = await store.getMany(
    "rollout",
    listed.map((one) => one.id),
  );
  const going = rollouts
    .map(({ value }) => value)
    .filter((one) => !rolloutHasEnded(one) && !one.rollback && !one.stopping && one.spec.deferrals === "respect");
  const targets = await store.getMany(
    "rollout-target",
    going.map((one) => targetIdOf(one.id, network.id)),
  );
  return targets.flatMap((target) => {
    const rollout = going.find((one) => one.id === target.value.rollout);
    return rollout && isOpen(target.value) ? [{ rollout, target }] : [];
  });
}
