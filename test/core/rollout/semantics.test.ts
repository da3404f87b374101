import { describe, expect, it } from "vitest";
import type { NetworkId, RolloutId } from "#core/model/ids.ts";
import { advance } from "#core/model/rollout/advance.ts";
import { failuresAllowed, slotsOf } from "#core/model/rollout/amount.ts";
import { commandRollout } from "#core/model/rollout/command-rollout.ts";
import { joinedTarget, joins } from "#core/model/rollout/plan-rollout.ts";
import { retryFailed } from "#core/model/rollout/retry-failed.ts";
import type { Sighting } from "#core/model/rollout/sighting.ts";
import { isInFlight, slotsHeld } from "#core/model/rollout/target.ts";
import { addNetwork, cellNumber, networkNumber, sight } from "../../../scripts/simulate/fleet.ts";
import { aRollout, counts, free, type Running, runToEnd, runUntil, step, T0 } from "./a-rollout.ts";

const MINUTE = 60_000;
const all = { waves: [{ percent: 100 }] };
const inFlight = ({ targets }: Running) => [...targets.values()].filter(isInFlight).length;
const stateOf = ({ targets }: Running, number: number) => targets.get(networkNumber(number));
const sighted = (
  { fleet, targets, now }: Running,
  see: (seen: Sighting | undefined) => Sighting | undefined = (seen) => seen,
) => [...targets.values()].map((target) => ({ target, seen: see(sight(fleet, target.network, now)) }));
const order = (now: number, reason = "because") => ({ actor: "ann", reason, now, failures: 0 });

describe("1. fresh health only", () => {
  const begun = () => {
    const running = aRollout(all, { size: 1 }, ({ networks }) => {
      for (const network of networks.values()) network.nodes = 12;
    });
    step(running);
    running.now += 60 * 1_000;
    return running;
  };
  const judged = (running: Running, report: Partial<NonNullable<Sighting["report"]>>) => {
    const see = (seen: Sighting | undefined) =>
      seen && { ...seen, report: seen.report && { ...seen.report, ...report } };
    return advance(running.rollout, sighted(running, see), running.now, free).moved[0]?.state;
  };

  it.each<[string, Partial<NonNullable<Sighting["report"]>>]>([
    ["of the generation before", { observedGeneration: 1 }],
    ["reported before the change", { receivedAt: T0 - 1 }],
    ["of another release", { release: "1.4.0" }],
    ["without its nodes", { nodesOnline: 0 }],
  ])("a ready report %s is not healthy", (_what, report) => {
    const running = begun();
    expect(judged(running, report)).not.toBe("soaking");
    expect(judged(running, {})).toBe("soaking");
  });

  it("must last for minHealthyFor, and begins anew when it was interrupted", () => {
    const running = begun();
    step(running);
    expect(stateOf(running, 0)?.state).toBe("soaking");
    running.fleet.silent.set(cellNumber(0), running.now);
    running.now += 2 * MINUTE;
    step(running);
    expect(stateOf(running, 0)).toMatchObject({ state: "updating", why: { code: "cell-silent" } });
    running.fleet.silent.clear();
    step(running);
    running.now += 9_999;
    step(running);
    expect(stateOf(running, 0)?.state).toBe("soaking");
    running.now += 1;
    step(running);
    expect(stateOf(running, 0)?.state).toBe("done");
  });
});

describe("2. bake per wave", () => {
  it("brings 300 networks there in about 45 minutes, because a bake holds no slot", () => {
    const running = aRollout({}, { size: 300 });
    const { explanation } = runToEnd(running);
    expect(counts(running)).toEqual({ done: 300 });
    expect((running.now - T0) / MINUTE).toBeGreaterThan(40);
    expect((running.now - T0) / MINUTE).toBeLessThan(50);
    expect(explanation.summary).toBe("The rollout has succeeded: 300 done.");
  });

  it("holds no slot while it bakes", () => {
    const running = aRollout({}, { size: 300 });
    runUntil(running, ({ rollout }) => rollout.state === "baking");
    expect(counts(running)).toEqual({ done: 3, pending: 297 });
    expect([...running.targets.values()].flatMap(slotsHeld)).toEqual([]);
  });

  it("fails a network that falls ill while its wave bakes", () => {
    const running = aRollout({ maxFailed: 0 }, { size: 300 });
    runUntil(running, ({ rollout }) => rollout.state === "baking");
    const victim = [...running.targets.values()].find(({ state }) => state === "done");
    const network = running.fleet.networks.get(victim?.network ?? networkNumber(0));
    if (network) network.breaks = true;
    runUntil(running, ({ rollout }) => rollout.state === "paused");
    expect(running.targets.get(victim?.network ?? networkNumber(0))?.why?.code).toBe("degraded");
  });
});

describe("3. budgets", () => {
  it.each([
    ["1%", 99, 0],
    ["1%", 199, 1],
    ["33%", 10, 3],
    [2, 300, 2],
  ] as const)("%s of %i failures is %i", (amount, total, allowed) =>
    expect(failuresAllowed(amount, total)).toBe(allowed),
  );

  it("starts nothing in the pass that sees the breach, and lets what is in flight settle", () => {
    const running = aRollout({ ...all, maxFailed: 0, maxConcurrent: 5 }, { size: 40, failures: 1 });
    step(running);
    expect(inFlight(running)).toBe(5);
    running.now += 20_000;
    const decision = step(running);
    expect(decision).toMatchObject({ start: [], state: "paused" });
    expect(decision.explanation.summary).toContain("5 failed in all, and 0 may");
    expect(counts(running)).toEqual({ failed: 5, pending: 35 });
  });
});

describe("4. rollback", () => {
  it("gives every touched network its old intent, the last wave first, and keeps why it failed", () => {
    const running = aRollout({ onFailure: "rollback", maxConcurrent: 2 }, { size: 100, failures: 0.08 });
    runUntil(running, ({ rollout }) => rollout.state === "rolling-back");
    const undone: number[] = [];
    const touched = [...running.targets.values()].filter(({ attempt }) => attempt).length;
    const waveOf = (id: NetworkId) => running.targets.get(id)?.wave ?? -1;
    for (let decision = step(running); decision.nextWakeAt !== null; decision = step(running)) {
      undone.push(...decision.rollback.map(waveOf));
      expect(inFlight(running)).toBeLessThanOrEqual(2);
      running.now = decision.nextWakeAt;
    }
    expect(running.rollout).toMatchObject({
      state: "rolled-back",
      rollback: { by: "budget", endedAt: expect.any(String) },
    });
    expect(undone).toEqual(undone.toSorted((a, b) => b - a));
    expect(counts(running)["rolled-back"]).toBe(touched);
    for (const { intent } of running.fleet.networks.values()) expect(intent.release).toBe("1.4.0");
    const failure = [...running.targets.values()].find(({ attempt }) => attempt?.failure)?.attempt?.failure;
    expect(failure).toMatchObject({ code: "unhealthy", excerpt: ["Error: cannot read its state"] });
  });
});

describe("5. retry", () => {
  it("takes only what failed or was skipped", () => {
    const running = aRollout({ ...all, maxFailed: "100%" }, { size: 50, failures: 0.2 }, ({ networks }) => {
      for (const network of [...networks.values()].slice(0, 3)) network.pinned = true;
    });
    runToEnd(running);
    const worth = [...running.targets.values()].filter(({ state }) => state !== "done").map(({ network }) => network);
    const { networks, spec } = retryFailed(running.rollout, [...running.targets.values()]);
    expect(networks.toSorted()).toEqual(worth.toSorted());
    expect(counts(running).skipped).toBe(3);
    expect(spec).toEqual(running.rollout.spec);
  });

  it("refuses where everything was done", () => {
    const running = aRollout(all, { size: 3 });
    runToEnd(running);
    expect(() => retryFailed(running.rollout, [...running.targets.values()])).toThrow(/nothing to retry/);
  });
});

describe("6. the fleet changes under it", () => {
  it("skips what was deleted, keeps what moved, takes in what is new in the last wave", () => {
    const running = aRollout({}, { size: 100 });
    runUntil(running, ({ rollout }) => rollout.wave === 1);
    for (const number of [1, 2, 3]) {
      const network = running.fleet.networks.get(networkNumber(number));
      if (network && stateOf(running, number)?.state === "pending") network.gone = true;
    }
    const moved = [...running.fleet.networks.values()].find(
      ({ gone, belonging }) => !gone && running.targets.get(belonging.network)?.state === "pending",
    );
    if (moved) moved.belonging = { ...moved.belonging, cell: cellNumber(9), region: "region-1" };
    addNetwork(running.fleet, 500, { cells: 10, regions: 2, breaks: false, nodes: 1 });
    const seen = sight(running.fleet, networkNumber(500), running.now);
    if (!seen) throw new Error("not there");
    expect(joins(running.rollout, seen)).toBe(true);
    running.targets.set(seen.network, joinedTarget(running.rollout, seen, running.now));
    expect(stateOf(running, 500)).toMatchObject({ wave: 3, state: "pending" });
    runToEnd(running);
    const gone = [...running.fleet.networks.values()].filter((network) => network.gone).length;
    expect(gone).toBeGreaterThan(0);
    expect(running.rollout.state).toBe("succeeded");
    expect(counts(running)).toEqual({ done: 101 - gone, skipped: gone });
  });
});

describe("7. overlap", () => {
  const older = "rol_00000000000000000000000000" as RolloutId;
  const newer = "rol_00000000000000000000000002" as RolloutId;
  const held = (running: Running, hold: Sighting["hold"]) =>
    advance(
      running.rollout,
      sighted(running, (seen) => seen && { ...seen, hold }),
      running.now,
      free,
    );

  it("waits for the rollout that has the network", () => {
    const { start, moved, explanation } = held(aRollout(all, { size: 1 }), { rollout: older, over: null });
    expect(start).toEqual([]);
    expect(moved).toMatchObject([{ state: "waiting", why: { code: "held-by-rollout" } }]);
    expect(explanation.summary).toContain(`rollout ${older} has this network`);
  });

  it("takes it over from an older one when it supersedes, never from a newer one", () => {
    const running = aRollout({ ...all, supersede: true }, { size: 1 });
    expect(held(running, { rollout: older, over: null }).start).toHaveLength(1);
    expect(held(running, { rollout: newer, over: null }).start).toHaveLength(0);
  });

  it("lets go of what was taken over, in flight or not, and says by whom", () => {
    const running = aRollout(all, { size: 20 });
    step(running);
    const { moved, state } = held(running, { rollout: newer, over: running.rollout.id });
    expect(moved).toHaveLength(20);
    expect(new Set(moved.map(({ state, why }) => `${state} ${why?.code}`))).toEqual(new Set(["skipped superseded"]));
    expect(state).toBe("succeeded");
  });
});

describe("8. offline cells", () => {
  it("come last, are never ready, and are deferred so that the rollout can end", () => {
    const running = aRollout(
      {},
      { size: 100, cells: 4 },
      ({ silent }) => void silent.set(cellNumber(1), T0 - 5 * MINUTE),
    );
    runToEnd(running);
    expect(running.rollout.state).toBe("succeeded");
    expect(counts(running)).toEqual({ done: 75, deferred: 25 });
    expect(running.now - T0).toBeGreaterThan(60 * MINUTE);
  });

  it("are begun when they come back in time", () => {
    const running = aRollout(
      all,
      { size: 8, cells: 2 },
      ({ silent }) => void silent.set(cellNumber(1), T0 - 5 * MINUTE),
    );
    runUntil(running, ({ now }) => now > T0 + 20 * MINUTE);
    expect(counts(running)).toEqual({ done: 4, waiting: 4 });
    running.fleet.silent.clear();
    runToEnd(running);
    expect(counts(running)).toEqual({ done: 8 });
  });

  it("burn no deadline of a target in flight", () => {
    const running = aRollout(all, { size: 1, cells: 1 });
    step(running);
    running.fleet.silent.set(cellNumber(0), running.now + 1);
    runUntil(running, ({ now }) => now > T0 + 30 * MINUTE);
    expect(stateOf(running, 0)).toMatchObject({ state: "updating", why: { code: "cell-silent" } });
    running.fleet.silent.clear();
    runToEnd(running);
    expect(counts(running)).toEqual({ done: 1 });
  });

  it("that are heard of now and then keep no target from its deadline", () => {
    const running = aRollout({ ...all, maxFailed: 1 }, { size: 1 });
    const network = running.fleet.networks.get(networkNumber(0));
    runUntil(running, () => {
      // It reports every 70 s, and what it was asked is never done.
      running.fleet.silent.set(cellNumber(0), running.now - ((running.now - T0) % 70_000));
      if (network) network.askedAt = running.now;
      return running.now > T0 + 10 * MINUTE;
    });
    expect(stateOf(running, 0)?.state).toBe("timed-out");
  });

  it("that are held show as HeldByCell, not as a failure", () => {
    const running = aRollout(all, { size: 1, cells: 1 }, ({ held }) => void held.set(cellNumber(0), "site audit"));
    const { start, explanation } = step(running);
    expect(start).toEqual([]);
    expect(explanation.summary).toMatch(/HeldByCell: .*site audit/);
    runToEnd(running);
    expect(stateOf(running, 0)).toMatchObject({ state: "deferred", attempt: null });
  });
});

describe("nodes older than the release works with", () => {
  const oldEdges = () => {
    const running = aRollout(all, { size: 2, cells: 1 }, ({ networks }) => {
      const network = networks.get(networkNumber(0));
      if (network) network.edges = { "1.1.0": 3, "1.2.0": 1 };
    });
    running.policies = { ...free, minEdge: "1.2.0" };
    return running;
  };

  it("keep their network waiting, and let it go on once they are updated", () => {
    const running = oldEdges();
    runUntil(running, ({ now }) => now > T0 + 20 * MINUTE);
    expect(counts(running)).toEqual({ done: 1, waiting: 1 });
    expect(stateOf(running, 0)).toMatchObject({ attempt: null, why: { code: "edge-too-old" } });
    expect(step(running).explanation.summary).toContain("3 of its nodes have an edge older");
    const network = running.fleet.networks.get(networkNumber(0));
    if (network) network.edges = { "1.2.0": 4 };
    runToEnd(running);
    expect(counts(running)).toEqual({ done: 2 });
  });

  it("do not keep the rollout from ending, nor count against its budget", () => {
    const running = oldEdges();
    runToEnd(running);
    expect(running.rollout.state).toBe("succeeded");
    expect(stateOf(running, 0)).toMatchObject({ state: "deferred", attempt: null, why: { code: "edge-too-old" } });
  });

  it("do not keep what is in flight from being rolled back", () => {
    const running = oldEdges();
    runUntil(running, ({ targets }) => targets.get(networkNumber(1))?.state === "done");
    const network = running.fleet.networks.get(networkNumber(1));
    if (network) network.edges = { "0.9.0": 2 };
    running.rollout = commandRollout(running.rollout, { verb: "roll-back" }, order(running.now));
    runToEnd(running);
    expect(stateOf(running, 1)?.state).toBe("rolled-back");
    expect(network?.intent.release).toBe("1.4.0");
  });
});

describe("9. windows and freezes", () => {
  const nightly = { timeZone: "Europe/Berlin", from: "22:00", to: "23:00" };

  it("waits for the window and burns nothing", () => {
    const running = aRollout(all, { size: 3 }, ({ networks }) => {
      for (const network of networks.values()) network.window = nightly;
    });
    const { nextWakeAt, explanation, start } = step(running);
    expect(start).toEqual([]);
    expect(explanation.summary).toContain("opens at 2026-03-02T21:00:00.000Z");
    expect(nextWakeAt).toBeLessThanOrEqual(Date.parse("2026-03-02T21:00:00.000Z"));
    runToEnd(running);
    expect(counts(running)).toEqual({ done: 3 });
    expect(new Date(running.now).toISOString()).toBe("2026-03-02T21:00:30.000Z");
  });

  it("starts nothing under a freeze until it ends", () => {
    const running = aRollout(all, { size: 4, cells: 2 });
    const until = new Date(T0 + 30 * MINUTE).toISOString();
    const freeze = { id: "frz_00000000000000000000000001", reason: "peak", until, actor: "ann", createdAt: until };
    running.policies = { withdrawn: null, freezes: [{ ...freeze, scope: { cell: cellNumber(1) } } as never] };
    expect(step(running).start).toHaveLength(2);
    expect(stateOf(running, 1)).toMatchObject({
      state: "waiting",
      why: { code: "frozen", message: expect.stringContaining("peak") },
    });
    runToEnd(running);
    expect(running.now).toBeGreaterThanOrEqual(T0 + 30 * MINUTE);
    expect(counts(running)).toEqual({ done: 4 });
  });

  it("respects what an owner deferred", () => {
    const running = aRollout(all, { size: 1 }, ({ networks }) => {
      for (const network of networks.values()) network.deferredUntil = T0 + 90 * MINUTE;
    });
    expect(step(running)).toMatchObject({ start: [], moved: [{ why: { code: "deferred-by-owner" } }] });
    runToEnd(running);
    expect(running.now).toBeGreaterThanOrEqual(T0 + 90 * MINUTE);
  });
});

describe("10. empty waves and small numbers", () => {
  it("completes an empty wave at once, without its bake", () => {
    const running = aRollout({}, { size: 4 });
    expect(step(running).start).toHaveLength(1);
    expect(running.rollout.wave).toBe(2);
  });

  it("makes a concurrency that rounds to 0 a 1", () => expect(slotsOf("10%", 4)).toBe(1));

  it("refuses to plan where a target has no wave", () => {
    expect(() => aRollout({ waves: [{ count: 2 }] }, { size: 5 })).toThrow(/waves: leave .* without a wave/);
  });
});

describe("11. pinned or already there", () => {
  it("skips a pin and writes nothing to what is there", () => {
    const running = aRollout({}, { size: 10 }, ({ networks }) => {
      const [first, second] = [...networks.values()];
      if (first) first.pinned = true;
      if (second) second.intent = { ...second.intent, release: "1.5.0" };
    });
    runToEnd(running);
    expect(stateOf(running, 0)).toMatchObject({ state: "skipped", why: { code: "pinned" } });
    expect(stateOf(running, 1)).toMatchObject({ state: "done", attempt: null });
    expect(running.fleet.networks.get(networkNumber(1))?.generation).toBe(1);
    expect(counts(running)).toEqual({ done: 9, skipped: 1 });
  });
});

describe("12. commands", () => {
  it("pause starts nothing more, resume goes on, a change of pace holds at once", () => {
    const running = aRollout({ ...all, maxConcurrent: 2 }, { size: 30 });
    step(running);
    running.rollout = commandRollout(running.rollout, { verb: "pause" }, order(running.now));
    runUntil(running, () => false);
    expect(counts(running)).toEqual({ done: 2, pending: 28 });
    running.rollout = commandRollout(running.rollout, { verb: "pace", pace: { total: 7 } }, order(running.now));
    running.rollout = commandRollout(running.rollout, { verb: "resume" }, order(running.now));
    expect(step(running).start).toHaveLength(7);
    running.rollout = commandRollout(running.rollout, { verb: "abort" }, order(running.now));
    expect(step(running).start).toEqual([]);
    runToEnd(running);
    expect(running.rollout).toMatchObject({ state: "aborted", stopping: { by: "ann", reason: "because" } });
    expect(counts(running)).toEqual({ done: 9, skipped: 21 });
  });

  it("says what is possible instead, and needs a reason to overrule", () => {
    const running = aRollout({ ...all, maxFailed: 0 }, { size: 10, failures: 1 });
    runUntil(running, ({ rollout }) => rollout.state === "paused");
    const resume = (reason: string) =>
      commandRollout(running.rollout, { verb: "resume" }, { ...order(running.now, reason), failures: 10 });
    expect(() => resume(" ")).toThrow(/paused by its budget/);
    expect(resume("known")).toMatchObject({ state: "running", forgiven: 10 });
    expect(() => commandRollout(running.rollout, { verb: "retry-failed" }, order(T0))).toThrow(
      expect.objectContaining({ kind: "not-possible-now", message: expect.stringContaining("resume, abort") }),
    );
  });

  it("changes nothing the second time", () => {
    const { rollout } = aRollout(all, { size: 1 });
    const paused = commandRollout(rollout, { verb: "pause" }, order(T0));
    expect(commandRollout(paused, { verb: "pause" }, order(T0 + 1))).toBe(paused);
  });
});

describe("13. explain", () => {
  it("says in one sentence what it waits for", () => {
    const running = aRollout({}, { size: 300 });
    expect(step(running).explanation.summary).toBe(
      "The rollout is running in wave 1 of 4: 3 in flight, at most 10 at once.",
    );
    const { explanation } = runUntil(running, ({ rollout }) => rollout.state === "baking");
    expect(explanation.summary).toBe(
      "The rollout is baking in wave 1 of 4: wave 1 bakes until 2026-03-02T09:10:30.000Z.",
    );
  });
});

describe("14. nothing is lost when an execution dies", () => {
  it("starts nothing twice when the next pass reads what the last one wrote", () => {
    const running = aRollout({ onFailure: "rollback" }, { size: 120, failures: 0.03 });
    for (let alive = true; alive; ) {
      const decision = step(running);
      const again = advance(running.rollout, sighted(running), running.now, running.policies);
      expect([again.start, again.rollback, again.moved]).toEqual([[], [], []]);
      expect(again.rollout).toBe(running.rollout);
      alive = decision.nextWakeAt !== null;
      running.now = decision.nextWakeAt ?? running.now;
    }
  });

  it("decides the same again where the writes were lost", () => {
    const running = aRollout({}, { size: 50 });
    const first = advance(running.rollout, sighted(running), running.now, free);
    expect(advance(running.rollout, sighted(running), running.now, free)).toEqual(first);
  });
});
