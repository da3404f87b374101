import { Refusal } from "../errors.ts";
import { placesOf, siblingsOf } from "../model/cell.ts";
import type { Network } from "../model/network.ts";
import { type Candidate, placeNetwork as decide } from "../model/place.ts";
import { releaseOf } from "../model/release/resolve-release.ts";
import { BUILT_IN_RELEASE } from "../model/release.ts";
import { timestampOf } from "../model/time.ts";
import type { Store } from "../ports.ts";
import { beginStep, type StepInput } from "./begin-step.ts";
import type { Dependencies } from "./dependencies.ts";
import { findRelease } from "./find-release.ts";
import { beginMeter } from "./meter-networks.ts";
import { readCells } from "./read-cells.ts";
import { repeatOnConflict } from "./repeat.ts";

/**
 * Chooses a cell for a network that has none and reserves its place in the same write (R5). One that has a cell keeps it, and
 * one that is to be deleted needs none.
 */
export async function placeNetwork(deps: Dependencies, input: StepInput): Promise<void> {
  const { store, clock } = deps;
  const { network } = await beginStep(deps, input, "PlaceNetwork");
  if (network.value.deleting) return;

  await repeatOnConflict(async () => {
    if (await store.get("placement", network.value.id)) return;
    const candidates = await readCandidates(deps, network.value);
    const { region } = network.value;
    const minAgent = await minAgentOf(store, releaseOf(network.value));
    const { cell, reasons, refused } = decide({ region, minAgent }, candidates, clock.now());
    const chosen = candidates.find((candidate) => candidate.cell.id === cell);
    if (!chosen)
      throw new Refusal(
        "no-capacity",
        refused.length > 0
          ? `No cell in region ${network.value.region} can take it: ${refused.join("; ")}. It is placed as soon as one can.`
          : "There is no cell yet. It is placed as soon as one has joined.",
      );
    await store.commit([
      {
        write: "put",
        was: 0,
        kind: "placement",
        value: {
          network: network.value.id,
          cell: chosen.cell.id,
          at: timestampOf(clock.now()),
          reasons: [...reasons, ...refused],
        },
      },
      { write: "count", counter: placesOf(chosen.cell.id), by: 1, atMost: chosen.cell.limits.networks },
      { write: "count", counter: siblingsOf(chosen.cell.id, network.value.org), by: 1 },
      { write: "check", kind: "cell", id: chosen.cell.id, was: chosen.version },
      ...(await beginMeter(store, network.value, timestampOf(clock.now()))),
    ]);
  });
}

/** The built-in release works with the agent of the same source tree, and needs no look. */
const minAgentOf = async (store: Store, release: string): Promise<string | null> =>
  release === BUILT_IN_RELEASE ? null : ((await findRelease(store, release))?.value.minAgent ?? null);

async function readCandidates({ store }: Dependencies, network: Network): Promise<(Candidate & { version: number })[]> {
  const cells = await readCells(store);
  return Promise.all(
    cells.map(async ({ value: cell, version }) => ({
      cell,
      version,
      report: (await store.get("cell-report", cell.id))?.value,
      reserved: await store.countOf(placesOf(cell.id)),
      siblings: await store.countOf(siblingsOf(cell.id, network.org)),
    })),
  );
}
