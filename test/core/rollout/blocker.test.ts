import { describe, expect, it } from "vitest";
import type { CellId } from "#core/model/ids.ts";
import { blockers } from "#core/model/rollout/blocker.ts";
import type { Sighting } from "#core/model/rollout/sighting.ts";
import { sight, simulatedFleet } from "../../../scripts/simulate/fleet.ts";
import { aSpec, rolloutId, T0 } from "./a-rollout.ts";

const HOUR = 60 * 60_000;

function seenAs(some: Partial<Sighting>): Sighting {
  const fleet = simulatedFleet({ size: 1, cells: 1 });
  const [id] = fleet.networks.keys();
  const seen = id && sight(fleet, id, T0);
  if (!seen) throw new Error("the fleet is empty");
  return { ...seen, ...some };
}

describe("what keeps a target from being started", () => {
  const ask = (seen: Partial<Sighting>, minAgent?: string) =>
    blockers({ rollout: rolloutId, spec: aSpec(), freezes: [], minAgent, now: T0 }).forward(seenAs(seen));
  const heard = (agent?: string) => ({
    cell: "cel_00000000000000000000000001" as CellId,
    cellState: { reportedAt: T0, held: null, ...(agent === undefined ? {} : { agent }) },
  });

  it.each([
    ["older than the release needs", "1.3.9", "1.4.0", "agent-too-old"],
    ["older by ten", "1.9.0", "1.10.0", "agent-too-old"],
    ["the same", "1.4.0", "1.4.0", undefined],
    ["newer", "2.0.0", "1.4.0", undefined],
    ["of any version where the release says none", "0.0.1", undefined, undefined],
    ["not known", undefined, "1.4.0", undefined],
  ])("an agent that is %s", (_what, agent, least, code) => {
    const blocker = ask(heard(agent), least);
    expect(blocker?.code).toBe(code);
    if (code) expect(blocker?.message).toContain(`is ${agent}, and the release needs ${least} or newer`);
  });

  const withEdges = (edges: Record<string, number> | undefined): Partial<Sighting> => {
    const { report } = seenAs({});
    if (!report) throw new Error("the simulated fleet reports");
    return { ...heard("9.0.0"), report: { ...report, edges } };
  };
  const askOfEdges = (edges: Record<string, number> | undefined, minEdge: string | null = "1.2.0") =>
    blockers({ rollout: rolloutId, spec: aSpec(), freezes: [], minEdge, now: T0 }).forward(seenAs(withEdges(edges)));

  it.each([
    ["one is older", { "1.1.9": 1, "1.2.0": 4 }, "1 of its nodes has edge 1.1.9, and the release needs 1.2.0 or newer"],
    [
      "two versions are older",
      { "1.10.0": 2, "1.0.9": 2, "1.0.10": 3 },
      "5 of its nodes have an edge older .*the oldest 1.0.9",
    ],
  ])("nodes of which %s, until they are updated or the deadline comes", (_what, edges, message) => {
    const blocker = askOfEdges(edges);
    expect(blocker).toMatchObject({ code: "edge-too-old", until: null, burns: true });
    expect(blocker?.message).toMatch(new RegExp(message));
  });

  it.each([
    ["are all as old as it may be, or newer", { "1.2.0": 4, "1.10.0": 1 }, "1.2.0"],
    ["are none", {}, "1.2.0"],
    ["are not told of", undefined, "1.2.0"],
    ["may be of any version", { "0.0.1": 4 }, null],
  ])("no nodes that %s", (_what, edges, minEdge) => {
    expect(askOfEdges(edges, minEdge)).toBeUndefined();
  });

  it("its owner, until the date that they named, which burns nothing", () => {
    const deferred = { ...heard(), deferredUntil: T0 + HOUR };
    expect(ask(deferred)).toMatchObject({ code: "deferred-by-owner", until: T0 + HOUR, burns: false });
    expect(ask(deferred)?.message).toContain("2026-03-02T10:00:00.000Z");
    expect(ask({ ...heard(), deferredUntil: T0 })).toBeUndefined();
  });
});
