import type { DesiredPipeline } from "#core/messages.ts";

/** A pipeline at one revision, by the hash of its content. */
export type Revision = Pick<DesiredPipeline, "name" | "rev" | "sha256">;

/** What changes on this node, one list for each kind of change; together they name every pipeline exactly once. */
export interface PipelinePlan {
  readonly start: readonly Revision[];
  readonly swap: readonly Revision[];
  readonly stop: readonly string[];
  readonly keep: readonly string[];
}

/**
 * From what runs to what is wanted. A paused pipeline is stopped and keeps its state on disk; a stale one is the right revision that
 * must start anew, because what it read of the node at its start has changed.
 */
export function planPipelines(
  running: readonly Revision[],
  wanted: readonly DesiredPipeline[],
  isStale: (pipeline: Revision) => boolean = () => false,
): PipelinePlan {
  const now = new Map(running.map((pipeline) => [pipeline.name, pipeline]));
  const active = wanted.filter(({ state }) => state === "run").map(({ name, rev, sha256 }) => ({ name, rev, sha256 }));
  const names = new Set(active.map(({ name }) => name));
  const isSame = (pipeline: Revision) => {
    const { name, rev, sha256 } = pipeline;
    return now.get(name)?.sha256 === sha256 && now.get(name)?.rev === rev && !isStale(pipeline);
  };
  return {
    start: active.filter(({ name }) => !now.has(name)),
    swap: active.filter((pipeline) => now.has(pipeline.name) && !isSame(pipeline)),
    stop: [...now.keys()].filter((name) => !names.has(name)),
    keep: active.filter(isSame).map(({ name }) => name),
  };
}

export const describePlan = ({ start, swap, stop, keep }: PipelinePlan): string =>
  `${start.length} to start, ${swap.length} to swap, ${stop.length} to stop, ${keep.length} unchanged`;
