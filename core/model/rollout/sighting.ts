import type { EdgeVersions } from "../edge-versions.ts";
import type { RolloutId } from "../ids.ts";
import { FRESH_FOR_MS, type Phase } from "../network.ts";
import type { Intent } from "./change.ts";
import type { Belonging } from "./population.ts";
import type { RolloutTarget } from "./target.ts";
import type { MaintenanceWindow } from "./window.ts";

/** What a cell last said of a network. Times are ours, in milliseconds. */
export interface Report {
  readonly observedGeneration: number;
  readonly phase: Phase;
  readonly release: string | null;
  readonly receivedAt: number;
  readonly nodesOnline: number;
  /** Of those online, where the cell tells it. */
  readonly edges?: EdgeVersions | undefined;
  /** What is wrong, in the cell's words, and the last lines of logs and events. */
  readonly message?: string | undefined;
  readonly excerpt?: readonly string[] | undefined;
}

/** Where a network is. */
export type Place = Pick<Belonging, "cell" | "region">;

/** All that is known of a network when a rollout looks at it. */
export interface Sighting extends Belonging {
  /** Of the intent. */
  readonly generation: number;
  readonly intent: Intent;
  /** Its owner wrote the release down. */
  readonly pinned: boolean;
  readonly window: MaintenanceWindow | null;
  /** Its owner asked to be left alone until then. */
  readonly deferredUntil: number | null;
  /** `reportedAt`: when its cell was heard last; `held`: why an operator on site lets nothing change there; `agent`: its version. */
  readonly cellState: { readonly reportedAt: number | null; readonly held: string | null; readonly agent?: string };
  readonly report: Report | undefined;
  /** The newest operation gave up: at which generation, and what it said. */
  readonly gaveUp: { readonly generation: number; readonly message: string } | undefined;
  /** Which rollout has the network, and from whom it took it. */
  readonly hold: { readonly rollout: RolloutId; readonly over: RolloutId | null } | undefined;
}

/** A target beside what is seen of its network; nothing where the network is gone or going. */
export interface Sighted {
  readonly target: RolloutTarget;
  readonly seen: Sighting | undefined;
}

/** A cell not heard of for as long as three long polls take says nothing about now. */
export const isSilent = ({ cellState: { reportedAt } }: Sighting, now: number): boolean =>
  reportedAt === null || now - reportedAt > FRESH_FOR_MS;

/** Why nothing can be done in its cell, or undefined. */
export function whyUnreachable(seen: Sighting, now: number): { code: string; message: string } | undefined {
  const { reportedAt, held } = seen.cellState;
  if (held !== null)
    return { code: "held-by-cell", message: `HeldByCell: an operator holds cell ${seen.cell}: ${held}` };
  if (!isSilent(seen, now)) return undefined;
  const last = reportedAt === null ? "and never has been" : `since ${new Date(reportedAt).toISOString()}`;
  return { code: "cell-silent", message: `cell ${seen.cell} is not heard of ${last}` };
}
