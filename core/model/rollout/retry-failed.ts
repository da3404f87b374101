import { Refusal } from "../../errors.ts";
import type { NetworkId } from "../ids.ts";
import type { Rollout } from "./rollout.ts";
import type { RolloutSpec } from "./spec.ts";
import type { RolloutTarget } from "./target.ts";

/** The same spec over what failed, timed out, was deferred or skipped, and over nothing else, also not over what is new. */
export interface Retry {
  readonly spec: RolloutSpec;
  /** Plan over these alone, with `retryOf` set. */
  readonly networks: NetworkId[];
}

export function retryFailed({ spec }: Pick<Rollout, "spec">, targets: readonly RolloutTarget[]): Retry {
  const networks = targets.filter(isWorthRetrying).map(({ network }) => network);
  if (networks.length === 0)
    throw new Refusal("not-possible-now", "Nothing failed or was skipped in this rollout: there is nothing to retry.");
  return { spec, networks };
}

const isWorthRetrying = ({ state, why, attempt }: RolloutTarget): boolean =>
  state === "failed" ||
  state === "timed-out" ||
  state === "deferred" ||
  (state === "rolled-back" && attempt?.failure != null) ||
  (state === "skipped" && why?.code !== "deleted" && why?.code !== "superseded");
