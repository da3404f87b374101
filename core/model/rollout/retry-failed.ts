import { Refusal } from "../../errors.ts";
import type { Rollout } from "./rollout.ts";
import type { RolloutSpec } from "./spec.ts";
import type { RolloutTarget } from "./target.ts";

/** The same spec over what failed, timed out, was deferred or skipped, and nothing else. */
export function retrySpec({ spec }: Pick<Rollout, "spec">, targets: readonly RolloutTarget[]): RolloutSpec {
  const networks = targets.filter(isWorthRetrying).map(({ network }) => network);
  if (networks.length === 0)
    throw new Refusal("not-possible-now", "Nothing failed or was skipped in this rollout: there is nothing to retry.");
  // Selectors of the waves keep their meaning; counts and shares are of the smaller number of targets.
  return {
    ...spec,
    selector: { networks },
    waves: [...spec.waves.filter(({ count }) => !count || count < networks.length), ...rest(spec)],
  };
}

const isWorthRetrying = ({ state, why, attempt }: RolloutTarget): boolean =>
  state === "failed" ||
  state === "timed-out" ||
  state === "deferred" ||
  (state === "rolled-back" && attempt?.failure != null) ||
  (state === "skipped" && why?.code !== "deleted" && why?.code !== "superseded");

const rest = ({ waves }: RolloutSpec): RolloutSpec["waves"] =>
  waves.at(-1)?.percent === 100 ? [] : [{ percent: 100 }];
