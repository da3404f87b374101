import type { Dependencies } from "#core/operations/dependencies.ts";
import { advanceRollout } from "./advance-rollout.ts";
import { applyNetwork } from "./apply-network.ts";
import { handBackNetwork } from "./hand-back-network.ts";
import { observeNetwork } from "./observe-network.ts";
import { placeNetwork } from "./place-network.ts";
import { planRollout } from "./plan-rollout.ts";
import { settleNetwork } from "./settle-network.ts";

/** Every task by the name that workflows call it: `\${PlaceNetwork}`. */
export const tasks = {
  PlaceNetwork: placeNetwork,
  ApplyNetwork: applyNetwork,
  ObserveNetwork: observeNetwork,
  SettleNetwork: settleNetwork,
  HandBackNetwork: handBackNetwork,
  PlanRollout: planRollout,
  AdvanceRollout: advanceRollout,
} as const satisfies Record<string, (deps: Dependencies) => unknown>;
