import type { NetworkView } from "./network-view.ts";
import { matches, type Requirement } from "./selector.ts";

/** Which networks of a list are wanted: all that is given must hold. */
export interface NetworkFilter {
  readonly selector?: readonly Requirement[] | undefined;
  readonly phase?: string | undefined;
  readonly region?: string | undefined;
  readonly cell?: string | undefined;
  readonly release?: string | undefined;
  /** Part of the name, in any case. */
  readonly text?: string | undefined;
}

export const isWanted = (filter: NetworkFilter, network: NetworkView): boolean =>
  (filter.selector === undefined || matches(filter.selector, network.labels)) &&
  (filter.phase === undefined || network.status.phase === filter.phase) &&
  (filter.region === undefined || network.region === filter.region) &&
  (filter.cell === undefined || network.placement?.cell === filter.cell) &&
  (filter.release === undefined || network.status.release === filter.release) &&
  (filter.text === undefined || network.name.includes(filter.text.toLowerCase()));
