import * as z from "zod";
import { ulids } from "#adapters/world.ts";
import { CellId } from "#core/model/ids.ts";
import type { Clock, Cluster } from "#core/ports.ts";
import { keptOnce, keptRef } from "./kept.ts";
import type { Pinned } from "./membership.ts";

const Own = z.strictObject({ cell: CellId });

/** The id of a cell that belongs to no control plane: that under which it once joined one, else one of its own, made once. */
export async function ownCellId(cluster: Cluster, clock: Pick<Clock, "now">, pinned: Pinned): Promise<CellId> {
  const joined = pinned.membership();
  if (joined) return joined.cell;
  const kept = await keptOnce(cluster, keptRef("ConfigMap", "cell"), {
    parse: (value) => Own.parse(value),
    make: () => ({ cell: ulids(clock).next("cel") }),
  });
  return kept.value.cell;
}
