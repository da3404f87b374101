import { describe, expect, it } from "vitest";
import type { KubeObject } from "#core/model/kube-object.ts";
import { disturbsBroker } from "../../cell-agent/decide-drain.ts";
import { manifestsOf } from "../../cell-agent/manifests-of.ts";
import { plan } from "../../cell-agent/plan.ts";
import { anInstance, appliedWorld, ingredients } from "./a-network.ts";

const content = ingredients();
const made = (...args: Parameters<typeof anInstance>): KubeObject[][] => manifestsOf(anInstance(...args), content);
const world = appliedWorld(made().flat());

describe("a drain notice", () => {
  it.each([
    ["nothing has changed", made(), true, false],
    ["the orchestrator gets another release", made({ release: "1.2.4" }), true, false],
    ["the plan gets larger", made({ plan: "standard" }), true, true],
    ["the plan gets larger, and the broker does not serve", made({ plan: "standard" }), false, false],
  ])("when %s", (_, stages, brokerReady, expected) => {
    expect(disturbsBroker(plan(stages, world), { brokerReady })).toBe(expected);
  });

  it("is not given for a network that is being made", () => {
    expect(disturbsBroker(plan(made(), { known: new Map() }), { brokerReady: false })).toBe(false);
  });
});
