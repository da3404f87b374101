import { describe, expect, it } from "vitest";
import { commandRollout } from "#core/model/rollout/command-rollout.ts";
import type { Freeze } from "#core/model/rollout/freeze.ts";
import { cellNumber, type SimulatedNetwork } from "../../../scripts/simulate/fleet.ts";
import { aRollout, counts, type Running, runToEnd, runUntil } from "./a-rollout.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Some of its last wave is done, some is in flight, and all of it is to go back, two at once. */
function onTheWayBack(): Running {
  const spec = { waves: [{ count: 2 }, { percent: 100 }], maxConcurrent: 2, bake: "10m" };
  const running = aRollout(spec, { size: 8, cells: 2, regions: 2 });
  runUntil(running, (one) => (counts(one).done ?? 0) >= 4 && (counts(one).updating ?? 0) > 0);
  const order = { actor: "ann", reason: "enough", now: running.now, failures: 0 };
  running.rollout = commandRollout(running.rollout, { verb: "roll-back" }, order);
  runUntil(running, ({ targets }) => [...targets.values()].some(({ undo }) => undo !== null));
  return running;
}
const networks = ({ fleet }: Running): SimulatedNetwork[] => [...fleet.networks.values()];
const expectAsBefore = (some: readonly SimulatedNetwork[]) => {
  for (const { intent, generation } of some) {
    expect(intent.release).toBe("1.4.0");
    // Never touched, or there and back once.
    expect([1, 3]).toContain(generation);
  }
};

describe("a rollback goes on, once for each network,", () => {
  it.each([-24 * HOUR, -HOUR, -5_000, MINUTE])("though our clock jumps by %d ms", (by) => {
    const running = onTheWayBack();
    running.now += by;
    // Only our clock: what a cell has begun takes as long as it takes.
    for (const network of networks(running)) network.askedAt += by;
    runToEnd(running);
    expect(running.rollout.state).toBe("rolled-back");
    expectAsBefore(networks(running));
  });

  it("though a cell is silent for a while", () => {
    const running = onTheWayBack();
    running.fleet.silent.set(cellNumber(0), running.now);
    const until = running.now + 20 * MINUTE;
    runUntil(running, ({ now }) => now >= until);
    running.fleet.silent.clear();
    runToEnd(running);
    expect(running.rollout.state).toBe("rolled-back");
    expectAsBefore(networks(running));
  });

  it("without the cell that is silent for good, and says how many it does not know of", () => {
    const running = onTheWayBack();
    running.fleet.silent.set(cellNumber(0), running.now);
    const { explanation } = runToEnd(running);
    expectAsBefore(networks(running).filter(({ belonging }) => belonging.cell !== cellNumber(0)));
    expect(explanation.summary).toMatch(/enough \(ann\).* deferred/);
  });

  it("when a freeze has ended, and not before", () => {
    const running = onTheWayBack();
    const until = new Date(running.now + 30 * MINUTE).toISOString();
    const freeze = { id: "frz_00000000000000000000000001", scope: { fleet: true }, reason: "peak", until };
    running.policies = {
      withdrawn: null,
      freezes: [{ ...freeze, actor: "ann", createdAt: new Date(running.now).toISOString() } as Freeze],
    };
    const back = () => networks(running).filter(({ generation }) => generation === 3).length;
    const begun = back();
    runUntil(running, () => back() > begun);
    expect(running.now).toBe(Date.parse(until));
    runToEnd(running);
    expect(running.rollout.state).toBe("rolled-back");
    expectAsBefore(networks(running));
  });

  it("past what is deleted meanwhile", () => {
    const running = onTheWayBack();
    const gone = networks(running).filter(({ generation }) => generation === 2);
    expect(gone.length).toBeGreaterThan(0);
    for (const network of gone) network.gone = true;
    runToEnd(running);
    expect(running.rollout.state).toBe("rolled-back");
    expectAsBefore(networks(running).filter((network) => !network.gone));
  });
});
