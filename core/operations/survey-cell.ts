import { Refusal } from "../errors.ts";
import type { CellId, NetworkId } from "../model/ids.ts";
import type { InstanceSummary } from "../model/instance.ts";
import { findingsOf, type Placed, type Stranger, survey, type Verdict } from "../model/survey.ts";
import { timestampOf } from "../model/time.ts";
import type { CellAddress, Store } from "../ports.ts";
import { adoptNetwork, placeWhereItRuns, takeOver } from "./adopt-network.ts";
import { changeIntent } from "./change-intent.ts";
import type { Dependencies } from "./dependencies.ts";
import { reachCell } from "./reach-cell.ts";
import { readEpoch } from "./read-epoch.ts";
import { repeatOnConflict } from "./repeat.ts";
import { surveyCaller } from "./survey-caller.ts";

/** How many findings one survey acts on; the rest waits for the next. */
const MOST_REPAIRS = 50;

/** How many records are read at once. */
const PAGE = 200;

/** What a survey found, by what became of it. */
export type Surveyed = Record<Verdict["action"], number>;

/**
 * Compares what a cell has with what intent places there, both ways, and repairs what it understands. Intent is read first and the
 * cell asked then: what came into the cell meanwhile is read anew, and what went is looked at again before anything is written.
 */
export async function surveyCell(deps: Dependencies, id: CellId): Promise<Surveyed> {
  const { store, cells, clock } = deps;
  const address = await reachCell(store, id);
  const epoch = await readEpoch(store);
  const placed = await readPlaced(deps, id);
  const listed = await cells.list(address);
  const strangers = await readStrangers(deps, placed, listed);
  const verdicts = survey(placed, listed, strangers, epoch);

  const summaries = new Map(listed.map((summary) => [summary.id, summary]));
  const generations = new Map(placed.map(({ network }) => [network.id, network.generation]));
  const surveyed: Surveyed = { restored: 0, removed: 0, adopted: 0, reported: 0 };
  let repairs = 0;
  for (const verdict of verdicts) {
    surveyed[verdict.action] += 1;
    if (verdict.action === "reported" || repairs === MOST_REPAIRS) continue;
    repairs += 1;
    await repair(deps, verdict, {
      address,
      epoch,
      summary: summaries.get(verdict.network),
      generation: generations.get(verdict.network) ?? 0,
    });
  }
  await keepFindings(store, id, verdicts, timestampOf(clock.now()));
  return surveyed;
}

interface Ground {
  readonly address: CellAddress;
  readonly epoch: number;
  readonly summary: InstanceSummary | undefined;
  /** What intent had before the cell was asked. */
  readonly generation: number;
}

/** One that cannot be repaired now is found again by the next survey; the others must not wait for it. */
async function repair(deps: Dependencies, verdict: Verdict, ground: Ground): Promise<void> {
  try {
    await act(deps, verdict, ground);
    deps.log("warn", "survey", { cell: ground.address.id, ...verdict });
  } catch (error) {
    const facts = { network: verdict.network, what: verdict.what, error: String(error) };
    deps.log(error instanceof Refusal ? "warn" : "error", "finding not repaired", facts);
  }
}

async function act(deps: Dependencies, verdict: Verdict, ground: Ground): Promise<void> {
  const { network, what, action, why } = verdict;
  const { address, epoch, summary } = ground;
  if (what === "unplaced") return placeWhereItRuns(deps, network, address.id);
  if (action === "restored") return restore(deps, verdict, ground);
  if (!summary) return;
  if (action === "removed") return deps.cells.remove(address, network, { epoch, generation: summary.generation });
  if (what === "ahead") return takeOver(deps, summary, why);
  return adoptNetwork(deps, summary, address.id);
}

/** A new generation of the same intent, unless something has moved since the cell was asked. */
async function restore(
  deps: Dependencies,
  { network, org, why }: Verdict,
  { generation, summary }: Ground,
): Promise<void> {
  if (!org) return;
  await changeIntent(deps, surveyCaller(org), { id: network, ifMatch: "*" }, (now, { value: newest }) =>
    now.generation !== generation || now.deleting || newest.state !== "succeeded"
      ? undefined
      : {
          kind: "update",
          to: {},
          above: summary?.generation ?? 0,
          message: `It is brought back: ${why}.`,
        },
  );
}

async function readPlaced({ store, log }: Dependencies, cell: CellId): Promise<Placed[]> {
  const placed: Placed[] = [];
  for (let after: string | undefined; ; ) {
    const listed = await store.list("networks-of-cell", cell, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    const placements = await store.getMany(
      "placement",
      listed.map(({ id }) => id),
    );
    const here = placements.filter(({ value }) => value.cell === cell).map(({ value }) => value.network);
    const networks = (await store.getMany("network", here)).map(({ value }) => value);
    const operations = new Map(
      (
        await store.getMany(
          "operation",
          networks.map(({ operation }) => operation),
        )
      ).map(({ value }) => [value.id, value]),
    );
    placed.push(...networks.map((network) => ({ network, operation: operations.get(network.operation) })));
    if (networks.length < here.length) log("debug", "placements without a network", { cell });
    if (listed.length < PAGE) return placed;
    after = listed.at(-1)?.sort;
  }
}

/** What the cell has and intent did not place there, with what is known of it now. */
async function readStrangers(
  { store }: Dependencies,
  placed: readonly Placed[],
  listed: readonly InstanceSummary[],
): Promise<Stranger[]> {
  const known = new Set<NetworkId>(placed.map(({ network }) => network.id));
  const strangers: Stranger[] = [];
  for (const summary of listed) {
    if (known.has(summary.id)) continue;
    const stranger = await readStranger(store, summary);
    if (stranger) strangers.push(stranger);
  }
  return strangers;
}

async function readStranger(store: Store, summary: InstanceSummary): Promise<Stranger | undefined> {
  const [network, placement, operations] = await Promise.all([
    store.get("network", summary.id),
    store.get("placement", summary.id),
    store.list("operations-of-network", summary.id, { limit: 1, descending: true }),
  ]);
  const [newest] = operations;
  const operation = newest && (await store.get("operation", newest.id));
  const organization = summary.spec && (await store.get("organization", summary.spec.org));
  return {
    summary,
    network: network?.value,
    placedIn: placement?.value.cell,
    newest: operation?.value,
    organizationKnown: organization !== undefined,
  };
}

async function keepFindings(store: Store, cell: CellId, verdicts: readonly Verdict[], at: string): Promise<void> {
  await repeatOnConflict(async () => {
    const before = await store.get("cell-findings", cell);
    const value = findingsOf(cell, verdicts, before?.value, at);
    await store.commit([{ write: "put", was: before?.version ?? 0, kind: "cell-findings", value }]);
  });
}
