import { handingOn, type StateMachine } from "./asl.ts";

const superseded = "Superseded";

/**
 * A rollout across the fleet. All that is known is in the store; an execution only turns the loop, and is disposable. Started by hand
 * with `{ spec, actor, reason }`, or by the control plane with `{ rollout, attempt }`; a command cannot wake it, so it starts another,
 * and this one finds itself superseded.
 */
export const rollOut: StateMachine = {
  Comment: "Change networks across the fleet, wave by wave",
  StartAt: "PlanRollout",
  // Below 2^31 ms, the longest timer of the interpreter. A rollout that waits longer for somebody is taken up by the sweep.
  TimeoutSeconds: 20 * 24 * 3_600,
  States: {
    PlanRollout: handingOn("PlanRollout", {
      next: "IsPlanned",
      superseded,
      // The first step may run twice, so the rollout's id derives from the execution.
      parameters: { "execution.$": "$$.Execution.Id", "startedAt.$": "$$.Execution.StartTime", "input.$": "$" },
    }),
    IsPlanned: {
      Type: "Choice",
      Choices: [{ Variable: "$.activated", BooleanEquals: true, Next: "AdvanceRollout" }],
      Default: "PlanRollout",
    },
    AdvanceRollout: handingOn("AdvanceRollout", { next: "IsOver", superseded }),
    IsOver: {
      Type: "Choice",
      Choices: [{ Variable: "$.over", BooleanEquals: true, Next: "Done" }],
      Default: "Wait",
    },
    Wait: { Type: "Wait", SecondsPath: "$.waitSeconds", Next: "AdvanceRollout" },
    Done: { Type: "Succeed" },
    Superseded: { Type: "Succeed" },
  },
};
