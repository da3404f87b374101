import type { EdgeVersions } from "#core/model/edge-versions.ts";
import type { CellId, NetworkId, OrganizationId } from "#core/model/ids.ts";
import { changed, type Intent } from "#core/model/rollout/change.ts";
import type { Sighting } from "#core/model/rollout/sighting.ts";
import type { RolloutSpec } from "#core/model/rollout/spec.ts";
import type { RolloutTarget } from "#core/model/rollout/target.ts";

/** One simulated network: what is asked of it since when, and what it will make of it. */
export interface SimulatedNetwork {
  belonging: Pick<Sighting, "network" | "org" | "cell" | "region" | "channel" | "plan" | "labels">;
  generation: number;
  intent: Intent;
  askedAt: number;
  before: Intent;
  pinned: boolean;
  window: Sighting["window"];
  deferredUntil: number | null;
  gone: boolean;
  /** It does not survive a change: not of the release it came with. */
  breaks: boolean;
  nodes: number;
  /** Of its nodes, how many run which edge; absent: its cell does not tell. */
  edges?: EdgeVersions;
}

export interface SimulatedFleet {
  readonly networks: Map<NetworkId, SimulatedNetwork>;
  /** When a cell fell silent; absent while it reports. */
  readonly silent: Map<string, number>;
  readonly held: Map<string, string>;
  readonly updateMs: number;
  readonly home: Intent;
}

export interface FleetShape {
  readonly size: number;
  readonly cells?: number;
  readonly regions?: number;
  readonly updateMs?: number;
  /** Share of networks that break, from 0 to 1. */
  readonly failures?: number;
  readonly release?: string;
  readonly seed?: number;
}

const idOf = (kind: string, number: number): string => `${kind}_${number.toString(36).padStart(26, "0")}`;
export const cellNumber = (number: number): CellId => idOf("cel", number) as CellId;
export const networkNumber = (number: number): NetworkId => idOf("net", number) as NetworkId;
export const orgNumber = (number: number): OrganizationId => idOf("org", number) as OrganizationId;

/** Chance that is the same for the same seed (mulberry32). */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function simulatedFleet({
  size,
  cells = 10,
  regions = 2,
  updateMs = 20_000,
  failures = 0,
  release = "1.4.0",
  seed = 1,
}: FleetShape): SimulatedFleet {
  const chance = chanceOf(seed);
  const home: Intent = { release, settings: {}, cell: cellNumber(0) };
  const fleet = { networks: new Map(), silent: new Map(), held: new Map(), updateMs, home };
  for (let number = 0; number < size; number++)
    addNetwork(fleet, number, { cells, regions, breaks: chance() < failures, nodes: Math.floor(chance() * 20) });
  return fleet;
}

export function addNetwork(
  fleet: SimulatedFleet,
  number: number,
  { cells, regions, breaks, nodes }: { cells: number; regions: number; breaks: boolean; nodes: number },
): SimulatedNetwork {
  const cell = cellNumber(number % cells);
  const intent = { ...fleet.home, cell };
  const network: SimulatedNetwork = {
    belonging: {
      network: networkNumber(number),
      org: orgNumber(number % 7),
      cell,
      region: `region-${(number % cells) % regions}`,
      channel: number % 4 === 0 ? "rapid" : "stable",
      plan: "starter",
      labels: { tier: number % 10 === 0 ? "canary" : "normal" },
    },
    generation: 1,
    intent,
    before: intent,
    askedAt: Number.NEGATIVE_INFINITY,
    pinned: false,
    window: null,
    deferredUntil: null,
    gone: false,
    breaks,
    nodes,
  };
  fleet.networks.set(network.belonging.network, network);
  return network;
}

/** What the control plane would know of it now: while its cell is silent, what it knew when it fell silent. */
export function sight(fleet: SimulatedFleet, id: NetworkId, now: number): Sighting | undefined {
  const network = fleet.networks.get(id);
  if (!network || network.gone) return undefined;
  const { belonging, generation, intent, pinned, window, deferredUntil } = network;
  const reportedAt = Math.min(now, fleet.silent.get(belonging.cell) ?? now);
  return {
    ...belonging,
    generation,
    intent,
    pinned,
    window,
    deferredUntil,
    cellState: { reportedAt, held: fleet.held.get(belonging.cell) ?? null },
    report: reportOf(fleet, network, reportedAt),
    gaveUp: undefined,
    hold: undefined,
  };
}

function reportOf(fleet: SimulatedFleet, network: SimulatedNetwork, receivedAt: number): Sighting["report"] {
  const { askedAt, generation, intent, before, nodes, edges, breaks } = network;
  if (receivedAt < askedAt + fleet.updateMs) {
    const observedGeneration = Math.max(1, generation - 1);
    return { observedGeneration, phase: "updating", release: before.release, receivedAt, nodesOnline: nodes, edges };
  }
  const isBroken = breaks && intent.release !== fleet.home.release;
  return {
    observedGeneration: generation,
    phase: isBroken ? "failed" : "ready",
    release: intent.release,
    receivedAt,
    nodesOnline: isBroken ? 0 : nodes,
    edges: isBroken ? {} : edges,
    ...(isBroken ? { message: "the orchestrator exited with code 1", excerpt: ["Error: cannot read its state"] } : {}),
  };
}

/** Writes the new intent, or the old one again, as the workflow's transaction would. */
export function ask(
  fleet: SimulatedFleet,
  target: RolloutTarget,
  { change, now, back }: { change: RolloutSpec["change"]; now: number; back: boolean },
): number {
  const network = fleet.networks.get(target.network);
  if (!network) return 0;
  network.before = network.intent;
  network.intent = back && target.before ? target.before : changed(network.intent, change);
  network.generation += 1;
  network.askedAt = now;
  return network.generation;
}
