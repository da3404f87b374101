import { describe, expect, it } from "vitest";
import { commandRollout } from "#core/model/rollout/command-rollout.ts";
import { answerGate } from "#core/model/rollout/pass-gates.ts";
import { aRollout, counts, runToEnd, runUntil, step, T0 } from "./a-rollout.ts";

const MINUTE = 60_000;
const webhook = { kind: "webhook", before: 1, url: "https://gate.test/ask", timeout: "10m", every: "1m" };
const order = (now: number) => ({ actor: "ann", reason: "looked at it", now, failures: 0 });

describe("a gate", () => {
  it("that is manual holds its wave until somebody approves it, with a reason", () => {
    const running = aRollout(
      { waves: [{ percent: 50 }, { percent: 100 }], gates: [{ kind: "manual", before: 2 }] },
      { size: 10 },
    );
    const { explanation } = runUntil(running, () => false);
    expect(counts(running)).toEqual({ done: 5, pending: 5 });
    expect(explanation.summary).toContain("the manual gate before wave 2 waits to be approved");
    const approve = { verb: "approve", gate: 0 } as const;
    expect(() => commandRollout(running.rollout, approve, { ...order(T0), reason: "" })).toThrow(/Say why/);
    running.rollout = commandRollout(running.rollout, approve, order(running.now));
    runToEnd(running);
    expect(counts(running)).toEqual({ done: 10 });
    expect(running.rollout.gates[0]).toMatchObject({ state: "passed", detail: "approved by ann: looked at it" });
  });

  it("is asked when it is reached, again after a while, and opens when it says yes", () => {
    const running = aRollout({ gates: [webhook] }, { size: 10 });
    const first = step(running);
    expect(first).toMatchObject({ asks: [0], start: [], nextWakeAt: T0 + MINUTE });
    running.rollout = answerGate(running.rollout, 0, { says: "not-yet", detail: "tests run", now: running.now });
    expect(step(running)).toMatchObject({ asks: [], nextWakeAt: T0 + MINUTE });
    running.now += MINUTE;
    expect(step(running).asks).toEqual([0]);
    running.rollout = answerGate(running.rollout, 0, { says: "yes", detail: "green", now: running.now });
    expect(step(running).start).toHaveLength(2);
  });

  it.each([
    ["pause", "paused"],
    ["abort", "failed"],
    ["rollback", "rolled-back"],
  ])("that says no does what onFailure says: %s", (onFailure, state) => {
    const running = aRollout({ gates: [{ ...webhook, before: undefined, after: 3 }], onFailure }, { size: 10 });
    runUntil(running, ({ rollout }) => rollout.gates[0]?.state === "asking");
    running.rollout = answerGate(running.rollout, 0, { says: "no", detail: "errors rise", now: running.now });
    const { explanation } = runUntil(running, () => false);
    expect(running.rollout.state).toBe(state);
    expect(explanation.chain.map(({ why }) => why).join()).toContain("gate 1 (webhook) said no: errors rise");
    expect([...running.fleet.networks.values()].filter(({ intent }) => intent.release === "1.5.0")).toHaveLength(
      state === "rolled-back" ? 0 : 2,
    );
  });

  it("that never answers is a no after its timeout, and a resume asks it anew", () => {
    const running = aRollout({ gates: [webhook] }, { size: 10 });
    runUntil(running, ({ rollout }) => rollout.state === "paused");
    expect(running.now).toBe(T0 + 10 * MINUTE);
    expect(running.rollout.paused).toMatchObject({
      by: "gate",
      reason: expect.stringContaining("did not say yes within 10m"),
    });
    running.rollout = commandRollout(running.rollout, { verb: "resume" }, order(running.now));
    expect(step(running).asks).toEqual([0]);
  });
});

it("a bake is cut short by who answers for it", () => {
  const running = aRollout({}, { size: 300 });
  runUntil(running, ({ rollout }) => rollout.state === "baking");
  running.rollout = commandRollout(running.rollout, { verb: "approve" }, order(running.now));
  expect(step(running).start).toHaveLength(10);
  expect(running.rollout.wave).toBe(1);
});

it("a withdrawn release pauses what rolls it out", () => {
  const running = aRollout({}, { size: 10 });
  running.policies = { freezes: [], withdrawn: "it leaks" };
  expect(step(running)).toMatchObject({ start: [], state: "paused", rollout: { paused: { by: "release" } } });
});

it("a clock that is set back makes no bake longer than it is", () => {
  const running = aRollout({}, { size: 300 });
  runUntil(running, ({ rollout }) => rollout.state === "baking");
  running.now -= 8 * 60 * MINUTE;
  const back = running.now;
  runUntil(running, ({ rollout }) => rollout.wave === 1);
  expect(running.now - back).toBe(10 * MINUTE);
});
