import { edgesOlderThan } from "../edge-versions.ts";
import type { RolloutId } from "../ids.ts";
import { compareVersions } from "../release/release.ts";
import { describeScope, type Freeze, freezeOver, isInForce } from "./freeze.ts";
import { type Sighting, whyUnreachable } from "./sighting.ts";
import type { RolloutSpec } from "./spec.ts";
import type { Why } from "./target.ts";
import { describeWindow, type MaintenanceWindow, type WindowState, windowAt } from "./window.ts";

/** What keeps a target from being started, apart from slots, budget and waves. */
export interface Blocker extends Why {
  /** When that ends by itself, if that is known. */
  readonly until: number | null;
  /** It counts against `progressDeadline`: the cell's fault, not a rule that the target obeys. */
  readonly burns: boolean;
}

export interface BlockerContext {
  readonly rollout: RolloutId;
  readonly spec: Pick<RolloutSpec, "windows" | "supersede">;
  readonly freezes: readonly Freeze[];
  readonly minAgent?: string | null | undefined;
  readonly minEdge?: string | null | undefined;
  readonly now: number;
}

/** Asks once for a rollout, then of each target: many networks share few windows, so each window is worked out once. */
export function blockers({ rollout, spec, freezes, minAgent = null, minEdge = null, now }: BlockerContext) {
  const inForce = freezes.filter((freeze) => isInForce(freeze, now));
  const windows = new Map<string, WindowState>();
  const stateOf = (window: MaintenanceWindow): WindowState => {
    const key = JSON.stringify(window);
    const known = windows.get(key) ?? windowAt(window, now);
    windows.set(key, known);
    return known;
  };

  const frozen = (seen: Sighting): Blocker | undefined => {
    const freeze = inForce.length === 0 ? undefined : freezeOver(inForce, seen);
    return (
      freeze && {
        code: "frozen",
        message: `${describeScope(freeze.scope)} is frozen until ${freeze.until}: ${freeze.reason}`,
        until: Date.parse(freeze.until),
        burns: false,
      }
    );
  };

  /** The rules first: whoever waits for a window burns no deadline, whatever its cell does meanwhile. */
  const forward = (seen: Sighting): Blocker | undefined => {
    const freeze = frozen(seen);
    if (freeze) return freeze;
    const { hold, deferredUntil, window } = seen;
    if (hold && hold.rollout !== rollout && !(spec.supersede && hold.rollout < rollout))
      return {
        code: "held-by-rollout",
        message: `rollout ${hold.rollout} has this network`,
        until: null,
        burns: false,
      };
    if (deferredUntil !== null && now < deferredUntil)
      return {
        code: "deferred-by-owner",
        message: `its owner deferred it until ${new Date(deferredUntil).toISOString()}`,
        until: deferredUntil,
        burns: false,
      };
    if (window && spec.windows === "respect") {
      const { open, until } = stateOf(window);
      // A window that its owner changed so that it never opens must not keep a rollout from ending.
      if (!open) {
        const when = until === null ? "which never opens again" : `which opens at ${new Date(until).toISOString()}`;
        const message = `it waits for its window ${describeWindow(window)}, ${when}`;
        return { code: until === null ? "window-never-opens" : "window", message, until, burns: until === null };
      }
    }
    const unreachable = whyUnreachable(seen, now);
    if (unreachable) return { ...unreachable, until: null, burns: true };
    const { agent } = seen.cellState;
    // What a cell's agent cannot run yet it may run once it is updated, so it is waited for as for a cell that is away.
    if (minAgent !== null && agent !== undefined && compareVersions(agent, minAgent) < 0)
      return { ...agentTooOld(seen.cell, agent, minAgent), until: null, burns: true };
    // Only of nodes that are connected: one that never comes back must not keep its network from every release.
    const old = minEdge === null ? undefined : edgesOlderThan(seen.report?.edges ?? {}, minEdge);
    return old && { ...edgeTooOld(old, minEdge), until: null, burns: true };
  };
  return { forward, frozen };
}

const agentTooOld = (cell: string, agent: string, least: string): Why => ({
  code: "agent-too-old",
  message: `the agent of cell ${cell} is ${agent}, and the release needs ${least} or newer: update the cell`,
});

const edgeTooOld = ({ count, oldest }: { count: number; oldest: string }, least: string | null): Why => ({
  code: "edge-too-old",
  message:
    count === 1
      ? `1 of its nodes has edge ${oldest}, and the release needs ${least} or newer: update it`
      : `${count} of its nodes have an edge older than the release needs (${least}), the oldest ${oldest}: update them`,
});

export type Blockers = ReturnType<typeof blockers>;
