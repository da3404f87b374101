import { lastTask, type StateMachine, task } from "./asl.ts";

const onFailure = { superseded: "Superseded", failed: "HandBackNetwork" };

/**
 * A network's intent changed: find a cell, give it the intent, wait until it has caught up, end the operation. Create, update
 * and delete alike. Nothing is undone on failure: every step may run again, and the next attempt goes on where this one was.
 */
export const convergeNetwork: StateMachine = {
  Comment: "Bring one network to its newest generation",
  StartAt: "PlaceNetwork",
  // Above the deadline of an operation, so that it is the operation that says why it ended.
  TimeoutSeconds: 2 * 3_600,
  States: {
    PlaceNetwork: task("PlaceNetwork", { next: "ApplyNetwork", ...onFailure }),
    ApplyNetwork: task("ApplyNetwork", { next: "ObserveNetwork", ...onFailure }),
    // Long-polls the cell, so the loop turns slowly: 25,000 events of history are a day of it.
    ObserveNetwork: task("ObserveNetwork", { next: "IsSettled", result: "$.observed", ...onFailure }),
    IsSettled: {
      Type: "Choice",
      Choices: [{ Variable: "$.observed.settled", BooleanEquals: true, Next: "SettleNetwork" }],
      Default: "ObserveNetwork",
    },
    SettleNetwork: task("SettleNetwork", { next: "Done", ...onFailure }),
    Done: { Type: "Succeed" },

    HandBackNetwork: lastTask("HandBackNetwork", { next: "HasFailed", result: "$.handedBack" }),
    HasFailed: {
      Type: "Choice",
      Choices: [{ Variable: "$.handedBack.failed", BooleanEquals: true, Next: "Failed" }],
      Default: "HandedBack",
    },
    HandedBack: { Type: "Succeed" },
    Superseded: { Type: "Succeed" },
    Failed: { Type: "Fail", Error: "operation-failed", Cause: "The operation says why." },
  },
};
