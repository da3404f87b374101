import * as z from "zod";
import { compareFences, type Fence } from "#core/model/instance.ts";
import type { Clock, Cluster } from "#core/ports.ts";
import { SYSTEM_NAMESPACE } from "./cell.ts";
import { keptIn, keptRef, writeKept } from "./kept.ts";

/** As long as a late order may be under way. */
const KEPT_MS = 24 * 3_600_000;

const label = { "cellplane.dev/kept": "tombstone" };
const Tombstone = z.strictObject({
  instance: z.string(),
  epoch: z.int().nonnegative(),
  generation: z.int().positive(),
  at: z.number(),
});
type Tombstone = z.infer<typeof Tombstone>;

/** What was deleted and by which order, so that a late one cannot bring it back (R3). */
export interface Tombstones {
  of(instance: string): Fence | undefined;
  /** Keeps the newest; an older one changes nothing. */
  set(instance: string, fence: Fence): Promise<void>;
  /** Takes away those that are a day old. */
  prune(): Promise<void>;
}

const refTo = (instance: string) => keptRef("ConfigMap", `tombstone-${instance}`);

export async function openTombstones(cluster: Cluster, clock: Pick<Clock, "now">): Promise<Tombstones> {
  const query = { apiVersion: "v1", kind: "ConfigMap", namespace: SYSTEM_NAMESPACE, labels: label };
  const stones = new Map<string, { value: Tombstone; version: string }>();
  for (const object of await cluster.list(query)) {
    const kept = keptIn(object, (value) => Tombstone.parse(value));
    stones.set(kept.value.instance, kept);
  }
  return {
    of: (instance) => stones.get(instance)?.value,
    async set(instance, { epoch, generation }) {
      const known = stones.get(instance);
      if (known && compareFences(known.value, { epoch, generation }) >= 0) return;
      const value = { instance, epoch, generation, at: clock.now() };
      const version = await writeKept(cluster, refTo(instance), {
        value,
        version: known?.version ?? "",
        labels: label,
      });
      stones.set(instance, { value, version });
    },
    async prune() {
      for (const [instance, { value }] of stones) {
        if (clock.now() - value.at < KEPT_MS) continue;
        await cluster.remove(refTo(instance));
        stones.delete(instance);
      }
    },
  };
}
