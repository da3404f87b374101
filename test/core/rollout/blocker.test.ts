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

  it("its owner, until the date that they named, which burns nothing", () => {
    const deferred = { ...heard(), deferredUntil: T0 + HOUR };
    expect(ask(deferred)).toMatchObject({ code: "deferred-by-owner", until: T0 + HOUR, burns: false });
    expect(ask(deferred)?.message).toContain("2026-03-02T10:00:00.000Z");
    expect(ask({ ...heard(), deferredUntil: T0 })).toBeUndefined();
  });
});
