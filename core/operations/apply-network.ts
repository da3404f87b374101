import { nodeLimit } from "../model/quota.ts";
import { releaseOf } from "../model/release/resolve-release.ts";
import { accessOf } from "./access-of.ts";
import { beginStep, type StepInput } from "./begin-step.ts";
import type { Dependencies } from "./dependencies.ts";
import { quotaOf } from "./quota.ts";
import { reachCell } from "./reach-cell.ts";
import { readEpoch } from "./read-epoch.ts";

/** Gives the cell the newest intent: what should be there, or that it should be gone. Without a cell there is nothing to say. */
export async function applyNetwork(deps: Dependencies, input: StepInput): Promise<void> {
  const { store, cells } = deps;
  const { network } = await beginStep(deps, input, "ApplyNetwork");
  const { id, org, name, generation, deleting, plan, settings, rotation } = network.value;
  const placement = await store.get("placement", id);
  if (!placement) return;

  const cell = await reachCell(store, placement.value.cell);
  const epoch = await readEpoch(store);
  if (deleting) {
    await cells.remove(cell, id, { epoch, generation });
    return;
  }
  await cells.apply(cell, id, {
    epoch,
    generation,
    spec: {
      ...{ org, name, plan, settings, release: releaseOf(network.value) },
      ...(rotation ? { rotation } : {}),
      ...nodeLimit(plan, (await quotaOf(store, org)).value),
    },
    access: await accessOf(deps, network.value),
  });
}
