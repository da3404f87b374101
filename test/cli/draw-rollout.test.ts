import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { progressOf } from "#core/model/rollout/progress.ts";
import { summaryOf } from "#core/model/rollout/summary.ts";
import { coloured } from "../../cli/paint.ts";
import { drawRollout } from "../../cli/rollout/draw-rollout.ts";
import { endingLines, type Look, lineOf } from "../../cli/rollout/look.ts";
import { aRollout, type Running, rowsOf, runToEnd, runUntil, step } from "../core/rollout/a-rollout.ts";

/** A rollout as one sees it, made by the engine itself over a simulated fleet. */
function look(running: Running): Look {
  const targets = [...running.targets.values()];
  const summary = summaryOf(running.rollout, targets);
  const progress = progressOf(running.rollout, rowsOf(running), summary.updateMs, running.now);
  return { rollout: { ...running.rollout, summary, progress }, explanation: step(running).explanation };
}

const spec = { waves: [{ count: 2 }, { percent: 25 }, { percent: 100 }], maxConcurrent: 5, maxFailed: 3, bake: "10m" };
const shape = { size: 40, cells: 2, updateMs: 20_000 };
const inFlight = ({ targets }: Running) => [...targets.values()].filter(({ state }) => state === "updating").length;
const atWork = () => {
  const running = aRollout(spec, shape);
  runUntil(running, (now) => now.rollout.wave === 2 && inFlight(now) === 5);
  return running;
};
const stopped = () => {
  const running = aRollout({ ...spec, maxFailed: 1 }, { ...shape, failures: 0.2, seed: 7 });
  runUntil(running, ({ rollout }) => rollout.state === "paused");
  return running;
};

describe("the picture of a rollout", () => {
  it("shows waves, counts, budget, pace and what it waits for", () => {
    const running = atWork();
    expect(drawRollout(look(running), { width: 80, now: running.now })).toEqual([
      "rol_00000000000000000000000001  to release 1.5.0  running  21m 30s",
      "",
      "✓ wave 1  ██████████████████████████████  2/2",
      "✓ wave 2  ██████████████████████████████  8/8",
      "▶ wave 3  ▒▒▒▒▒░░░░░░░░░░░░░░░░░░░░░░░░░  0/30  5 in flight",
      "",
      "targets  40: 10 done, 5 updating, 25 pending",
      "budget   0 failed, at most 3 may",
      "pace     5 in flight, at most 5 at once; about 3m to go",
      "now      The rollout is running in wave 3 of 3: 5 in flight, at most 5 at once,",
      "         and 25 wait for a slot.",
    ]);
  });

  it("shows what failed, and that it is stopped for it", () => {
    const running = stopped();
    expect(drawRollout(look(running), { width: 80, now: running.now })).toEqual([
      "rol_00000000000000000000000001  to release 1.5.0  paused  10m 50s",
      "",
      "✓ wave 1  ███████████████!!!!!!!!!!!!!!!  2/2  1 failed",
      "▶ wave 2  !!!!▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░░  1/8  4 in flight, 1 failed",
      "  wave 3  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0/30",
      "",
      "targets  40: 1 done, 4 soaking, 2 failed, 33 pending",
      "budget   2 failed, at most 1 may",
      "pace     4 in flight, at most 5 at once",
      "now      The rollout is paused in wave 2 of 3: paused by budget: 2 failed in",
      "         all, and 1 may.",
    ]);
  });

  it("fits a narrow terminal", () => {
    const running = atWork();
    expect(drawRollout(look(running), { width: 40, now: running.now })).toEqual([
      "rol_00000000000000000000000001",
      "to release 1.5.0  running  21m 30s",
      "",
      "✓ wave 1  █████  2/2",
      "✓ wave 2  █████  8/8",
      "▶ wave 3  ▒░░░░  0/30  5 in flight",
      "",
      "targets  40: 10 done, 5 updating, 25",
      "         pending",
      "budget   0 failed, at most 3 may",
      "pace     5 in flight, at most 5 at once;",
      "         about 3m to go",
      "now      The rollout is running in wave",
      "         3 of 3: 5 in flight, at most 5",
      "         at once, and 25 wait for a",
      "         slot.",
    ]);
  });

  it("says that a wave bakes, and for how long", () => {
    const running = aRollout(spec, shape);
    runUntil(running, ({ rollout }) => rollout.state === "baking");
    running.now += 60_000;
    expect(drawRollout(look(running), { width: 80, now: running.now })).toEqual([
      "rol_00000000000000000000000001  to release 1.5.0  baking  1m 30s",
      "",
      "▶ wave 1  ██████████████████████████████  2/2  bakes for 9m",
      "  wave 2  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0/8",
      "  wave 3  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0/30",
      "",
      "targets  40: 2 done, 38 pending",
      "budget   0 failed, at most 3 may",
      "pace     0 in flight, at most 5 at once; about 23m to go",
      "now      The rollout is baking in wave 1 of 3: wave 1 bakes until",
      "         2026-03-02T09:10:30.000Z.",
    ]);
  });

  it("shows its end", () => {
    const running = aRollout(spec, shape);
    runToEnd(running);
    expect(drawRollout(look(running), { width: 80, now: running.now })).toEqual([
      "rol_00000000000000000000000001  to release 1.5.0  succeeded  24m 30s",
      "",
      "✓ wave 1  ██████████████████████████████  2/2",
      "✓ wave 2  ██████████████████████████████  8/8",
      "✓ wave 3  ██████████████████████████████  30/30",
      "",
      "targets  40: 40 done",
      "budget   0 failed, at most 3 may",
      "now      The rollout has succeeded: 40 done.",
    ]);
    expect(endingLines(look(running), running.now)).toEqual([
      "rol_00000000000000000000000001 (to release 1.5.0) ended as succeeded after 24m 30s: 40 targets, 40 done.",
      "One change took 30.0 s at the median, 30.0 s at p95.",
    ]);
    expect(lineOf(look(running))).toBe("succeeded  wave 3 of 3  40 done  The rollout has succeeded: 40 done.");
  });

  it("hides the waves that do not fit the height, never the one at work", () => {
    const waves = Array.from({ length: 20 }, (_, at) => ({ count: at + 1 }));
    const running = aRollout({ ...spec, waves: [...waves, { percent: 100 }], bake: "1m" }, shape);
    runUntil(running, ({ rollout }) => rollout.wave === 9);
    const drawn = drawRollout(look(running), { width: 80, now: running.now, height: 16 });
    expect(drawn.length).toBeLessThan(16);
    expect(drawn.join("\n")).toMatch(/waves 1 to \d are behind\n.*▶ wave 10 .*waves \d+ to 21 are ahead/s);
  });

  it("says how old it is when nobody answers", () => {
    const running = atWork();
    const drawn = drawRollout(look(running), { width: 80, now: running.now, silentMs: 42_000 });
    expect(drawn[1]).toBe("no answer for 42s; this is as old");
  });

  it("lets no reason or message move the cursor", () => {
    const seen = look(atWork());
    const explanation = { ...seen.explanation, summary: "a\u001b[2Jb\nc" };
    const text = drawRollout({ ...seen, explanation }, { width: 80, now: 0 }).join("");
    expect(text).not.toMatch(/\p{Cc}/u);
  });

  it("fits every terminal, and colours change nothing but the colour", () => {
    const running = atWork();
    const seen = look(running);
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 1, max: 60 }), (width, height) => {
        const bare = drawRollout(seen, { width, height, now: running.now });
        expect(bare.filter((line) => [...line].length > width)).toEqual([]);
        expect(bare.length).toBeLessThan(Math.max(2, height));
        const painted = drawRollout(seen, { width, height, now: running.now, paint: coloured });
        const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
        expect(painted.map((line) => line.replaceAll(escapes, "").trimEnd())).toEqual(bare);
      }),
    );
  });
});
