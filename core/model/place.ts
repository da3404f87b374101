import type { Cell, CellReport } from "./cell.ts";
import type { CellId } from "./ids.ts";
import { isFresh, type Network } from "./network.ts";
import { compareVersions } from "./release/release.ts";

/** What placement knows of one cell. All of it is recorded input: the same input gives the same answer. */
export interface Candidate {
  readonly cell: Cell;
  readonly report: CellReport | undefined;
  /** Places reserved in it by the counter. */
  readonly reserved: number;
  /** How many networks of the same organization it holds. */
  readonly siblings: number;
}

/** Where a network goes and why, or why nowhere. `refused` says for every cell not chosen why not. */
export interface PlacementDecision {
  readonly cell: CellId | undefined;
  readonly reasons: readonly string[];
  readonly refused: readonly string[];
}

/** What is placed. `minAgent`: the oldest agent that its release works with, where that says so. */
export interface Placed extends Pick<Network, "region"> {
  readonly minAgent?: string | null;
}

/** Why a cell cannot take it, or undefined where it can. */
function obstacle(network: Placed, { cell, report, reserved }: Candidate, now: number): string | undefined {
  if (cell.region !== network.region) return `is in region ${cell.region}, not ${network.region}`;
  if (!cell.schedulable) return cell.cordon?.reason ? `is cordoned: ${cell.cordon.reason}` : "is cordoned";
  if (!cell.membership) return "has not joined yet";
  if (!report || !isFresh(report.at, now)) return report ? `is silent since ${report.at}` : "has not reported yet";
  if (network.minAgent && compareVersions(report.agent, network.minAgent) < 0)
    return `has agent ${report.agent}, and its release needs ${network.minAgent} or newer`;
  if (reserved >= cell.limits.networks) return `is full (${reserved} of ${cell.limits.networks} places)`;
  if (report.capacity.networks === 0) return "reports no room";
  return undefined;
}

/** Share of a cell's places that is free; 1 is empty. */
const freeShare = ({ cell, reserved }: Candidate): number => 1 - reserved / cell.limits.networks;

/**
 * Chooses a cell. First by spread (fewest networks of the same organization, so that one cell's failure takes the least of a
 * customer), then by the larger free share, then by id: deterministic, whatever the order of the candidates.
 */
export function placeNetwork(network: Placed, candidates: readonly Candidate[], now: number): PlacementDecision {
  const judged = candidates.map((candidate) => ({ candidate, why: obstacle(network, candidate, now) }));
  const refused = judged.flatMap(({ candidate, why }) => (why ? [`${candidate.cell.name} ${why}`] : []));
  const ranked = judged
    .filter(({ why }) => why === undefined)
    .map(({ candidate }) => candidate)
    .sort((a, b) => a.siblings - b.siblings || freeShare(b) - freeShare(a) || (a.cell.id < b.cell.id ? -1 : 1));
  const [best, ...others] = ranked;
  if (!best) return { cell: undefined, reasons: [], refused: refused.sort() };
  return {
    cell: best.cell.id,
    reasons: [
      `${best.cell.name} is in region ${best.cell.region} and has ${best.cell.limits.networks - best.reserved} of ${best.cell.limits.networks} places free`,
      `it holds ${best.siblings} networks of this organization, no other cell fewer`,
    ],
    refused: [
      ...refused,
      ...others.map((other) =>
        other.siblings > best.siblings
          ? `${other.cell.name} holds ${other.siblings} networks of this organization already`
          : `${other.cell.name} has no larger share of its places free`,
      ),
    ].sort(),
  };
}
