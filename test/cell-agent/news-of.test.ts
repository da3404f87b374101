import { describe, expect, it } from "vitest";
import type { Condition, Observed, Phase } from "#core/model/network.ts";
import { newsOf } from "../../cell-agent/news-of.ts";
import { pausedStatusOf } from "../../cell-agent/paused.ts";
import { pendingStatusOf } from "../../cell-agent/status-of.ts";
import { anInstance, now } from "./a-network.ts";

const condition = (type: string, status: Condition["status"], message = ""): Condition => ({
  ...{ type, status, message, reason: "Because", since: new Date(now).toISOString() },
});
const at = (phase: Phase, of: Partial<Observed> = {}): Observed => ({
  ...pendingStatusOf(anInstance(), now),
  ...{ phase, release: "1.2.3", ...of },
});
const reasons = (before: Observed | undefined, after: Observed) => newsOf(before, after).map(({ reason }) => reason);

describe("news for people", () => {
  it.each<[Phase | undefined, Phase, string[]]>([
    [undefined, "provisioning", []],
    ["provisioning", "ready", ["Ready"]],
    ["ready", "updating", ["Updating"]],
    ["updating", "ready", ["Updated"]],
    ["ready", "degraded", ["Degraded"]],
    ["degraded", "ready", ["Recovered"]],
    ["ready", "ready", []],
    ["ready", "deleting", ["Deleting"]],
  ])("from %s to %s are %j", (before, after, expected) => {
    expect(reasons(before && at(before), at(after))).toEqual(expected);
  });

  it("are what the cluster refuses, once", () => {
    const refused = at("provisioning", { conditions: [condition("Applied", "False", "exceeded quota")] });
    expect(newsOf(at("provisioning"), refused)).toEqual([
      { type: "Warning", reason: "ApplyFailed", message: "exceeded quota" },
    ]);
    expect(reasons(refused, refused)).toEqual([]);
  });

  it("are what blocks a deletion, anew when it is something else", () => {
    const by = (...blockers: string[]) => at("deleting", { blockers });
    expect(reasons(by(), by("Service a is held"))).toEqual(["DeletionBlocked"]);
    expect(reasons(by("Service a is held"), by("Service a is held"))).toEqual([]);
    expect(reasons(by("Service a is held"), by("Pod b is held"))).toEqual(["DeletionBlocked"]);
  });

  it("are a pause, said in a condition that keeps its time and goes with the pause", () => {
    const before = at("ready", { observedGeneration: 1 });
    const paused = pausedStatusOf(anInstance({ generation: 2 }), { before, now });
    expect(paused).toMatchObject({ phase: "ready", generation: 2, observedGeneration: 1 });
    expect(reasons(before, paused)).toEqual(["Paused"]);
    const later = pausedStatusOf(anInstance({ generation: 2 }), { before: paused, now: now + 60_000 });
    expect(later.conditions).toEqual(paused.conditions);
    expect(reasons(paused, later)).toEqual([]);
  });
});
