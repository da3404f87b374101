import { describe, expect, it } from "vitest";
import { templateHash } from "../../../../standalone/cluster/controllers/deployment.ts";
import { planStatefulSet, REVISION } from "../../../../standalone/cluster/controllers/stateful-set.ts";
import type { Pod, StatefulSet } from "../../../../standalone/cluster/objects/shapes.ts";
import { aStatefulSet } from "../programs.ts";

const setOf = (replicas: number, type = "RollingUpdate"): StatefulSet => {
  const base = aStatefulSet("ns", undefined, { updateStrategy: { type } }) as StatefulSet;
  return { ...base, spec: { ...base.spec, replicas } };
};

type State = "fresh" | "starting" | "old" | "old and broken" | "going";

const podOf = (set: StatefulSet, ordinal: number, state: State): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `db-${ordinal}`,
    labels: { [REVISION]: state.startsWith("old") ? "before" : templateHash(set.spec.template) },
    ...(state === "going" ? { deletionTimestamp: "2026-01-01T00:00:00.000Z" } : {}),
  },
  spec: set.spec.template.spec,
  status: {
    phase: "Running",
    conditions: [
      {
        type: "Ready",
        status: state === "starting" || state === "old and broken" ? "False" : "True",
        lastTransitionTime: "2026-01-01T00:00:00.000Z",
      },
    ],
    containerStatuses: [],
  },
});

describe("the plan of a stateful set", () => {
  it.each<[string, StatefulSet, State[], number[], string[]]>([
    ["starts the first pod first", setOf(2), [], [0], []],
    ["waits until it is ready", setOf(2), ["starting"], [], []],
    ["then starts the next", setOf(2), ["fresh"], [1], []],
    ["is content", setOf(2), ["fresh", "fresh"], [], []],
    ["stops the last old pod first", setOf(2), ["old", "old"], [], ["db-1"]],
    ["goes on when its successor is ready", setOf(2), ["old", "fresh"], [], ["db-0"]],
    ["waits for the successor", setOf(2), ["old", "starting"], [], []],
    ["replaces an old pod that never gets ready", setOf(1), ["old and broken"], [], ["db-0"]],
    ["waits for the end of a pod before it starts it anew", setOf(1), ["going"], [], []],
    ["leaves old pods to somebody else with OnDelete", setOf(2, "OnDelete"), ["old", "old"], [], []],
    ["scales down", setOf(1), ["fresh", "fresh"], [], ["db-1"]],
  ])("%s", (_, set, states, create, remove) => {
    const plan = planStatefulSet(
      set,
      states.map((state, ordinal) => podOf(set, ordinal, state)),
    );
    expect({ create: plan.create, remove: plan.remove.map(({ metadata }) => metadata.name) }).toEqual({
      create,
      remove,
    });
  });
});
