import { createHash } from "node:crypto";
import { Refusal } from "#core/errors.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { type NetworkId, objectNameOf } from "#core/model/ids.ts";
import {
  type CellOrder,
  type Fence,
  INSTANCE_API_VERSION,
  INSTANCE_KIND,
  managerOf,
  NetworkInstance,
} from "#core/model/instance.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Observed } from "#core/model/network.ts";
import type { Clock, Cluster } from "#core/ports.ts";
import { HAND_OVER, TEARDOWN_FINALIZER } from "./cell.ts";
import { decideOrder, decideRemoval, type Ruling, type Standing } from "./decide-order.ts";
import { fieldsBeside } from "./fields-beside.ts";
import type { Journal } from "./journal.ts";
import { type Pinned, retryOnConflict } from "./membership.ts";
import { pendingStatusOf } from "./status-of.ts";
import type { Tombstones } from "./tombstones.ts";

/** What taking an order touches. */
export interface OrderBook {
  readonly cluster: Cluster;
  readonly clock: Pick<Clock, "now">;
  readonly pinned: Pinned;
  readonly tombstones: Tombstones;
  readonly journal: Journal;
  /** Told of an instance as soon as it is recorded. */
  readonly onRecorded: (instance: KubeObject) => void;
  /** How many more networks the cell takes; `null`: as many as come. */
  readonly room: () => number | null;
  readonly inTurn: <T>(key: string, act: () => Promise<T>) => Promise<T>;
}

export const instanceRef = (network: string) => ({
  apiVersion: INSTANCE_API_VERSION,
  kind: INSTANCE_KIND,
  name: objectNameOf(network),
});

/** Records what a network should be, if the order is the newest; the reconciler does the rest. */
export function takeOrder(book: OrderBook, network: NetworkId, order: CellOrder): Promise<Observed> {
  const { cluster, clock, pinned, journal, room } = book;
  return book.inTurn(network, () =>
    retryOnConflict(async () => {
      const { standing, held } = await standingOf(book, network);
      const ruling = obey(decideOrder({ ...order, content: contentOf(order) }, standing));
      if (held && ruling.do === "nothing") return journal.read(network) ?? pendingStatusOf(held, clock.now());
      if (!held && room() === 0)
        throw new Refusal("no-capacity", "This cell holds as many networks as it may.", { retryAfterSeconds: 60 });
      if (held && managerOf(held) === "kubectl") expectNothingBeside(held, order);
      await pinned.raiseEpoch(order.epoch);
      const { name, ...of } = instanceRef(network);
      const applied = await cluster.apply({
        ...of,
        metadata: {
          name,
          resourceVersion: held?.metadata.resourceVersion ?? "",
          finalizers: [TEARDOWN_FINALIZER],
        },
        spec: { ...order, network },
      });
      const instance = NetworkInstance.parse(applied);
      book.onRecorded(applied);
      const pending = pendingStatusOf(instance, clock.now());
      const before = journal.read(network) ?? instance.status;
      const now: Observed = before ? { ...before, epoch: order.epoch, generation: order.generation } : pending;
      journal.record(now);
      return now;
    }),
  );
}

/** Asks for the end of a network. The tombstone comes first: no late order may slip in between. */
export function takeRemoval(book: OrderBook, network: NetworkId, fence: Fence): Promise<void> {
  const { cluster, pinned, tombstones } = book;
  return book.inTurn(network, () =>
    retryOnConflict(async () => {
      const { standing, held } = await standingOf(book, network);
      if (obey(decideRemoval(fence, standing)).do === "nothing") return;
      await pinned.raiseEpoch(fence.epoch);
      await tombstones.set(objectNameOf(network), fence);
      if (held) await cluster.remove(instanceRef(network));
    }),
  );
}

async function standingOf(
  { cluster, pinned, tombstones }: OrderBook,
  network: NetworkId,
): Promise<{ standing: Standing; held: NetworkInstance | undefined }> {
  const object = await cluster.get(instanceRef(network));
  const held = object && NetworkInstance.parse(object);
  return {
    held,
    standing: {
      epoch: pinned.epoch(),
      tombstone: tombstones.of(objectNameOf(network)),
      held: held && {
        epoch: held.spec.epoch,
        generation: held.spec.generation,
        content: contentOf(held.spec),
        deleting: held.metadata.deletionTimestamp !== undefined,
        managedBy: managerOf(held),
        handedOver: held.metadata.annotations?.[HAND_OVER] === "control-plane",
      },
    },
  };
}

/** An apply leaves what others wrote and the order does not name: then the network would be neither what they nor what we say. */
function expectNothingBeside({ spec: held }: NetworkInstance, { spec, access }: CellOrder): void {
  const beside = fieldsBeside({ spec: held.spec, access: held.access }, { spec, access });
  if (beside.length > 0)
    throw new Refusal(
      "not-possible-now",
      `Somebody else wrote fields that this order does not name: ${beside.map((path) => `spec.${path}`).join(", ")}. Remove them with kubectl, then order again.`,
    );
}

/** The ruling, unless it says no. */
function obey(ruling: Ruling): Ruling {
  if (ruling.do === "refuse")
    throw new Refusal("stale-generation", ruling.reason, { extra: { highestSeen: ruling.highestSeen } });
  if (ruling.do === "leave") throw new Refusal("not-possible-now", ruling.reason);
  if (ruling.do === "wait") throw new Refusal("not-ready", ruling.reason, { retryAfterSeconds: 1 });
  return ruling;
}

const contentOf = ({ spec, access }: Pick<CellOrder, "spec" | "access">): string =>
  createHash("sha256").update(canonicalJson({ spec, access })).digest("hex");
