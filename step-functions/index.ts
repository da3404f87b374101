import type { WorkflowName } from "#core/ports.ts";
import type { StateMachine } from "./asl.ts";
import { convergeNetwork } from "./converge-network.ts";
import { rollOut } from "./roll-out.ts";

/** Every workflow by the name it is started with. */
export const workflows: Readonly<Record<WorkflowName, StateMachine>> = {
  "converge-network": convergeNetwork,
  "roll-out": rollOut,
};
