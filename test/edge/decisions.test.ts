import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DesiredPipeline } from "#core/messages.ts";
import { chooseDataFolder } from "../../edge/data-folder.ts";
import { type HeartbeatNow, nextHeartbeat, shownBy } from "../../edge/next-heartbeat.ts";
import { after, appliedOf, type NodeMemory } from "../../edge/node-memory.ts";
import { planPipelines, type Revision } from "../../edge/plan-pipelines.ts";
import { chooseProfile, flagsOf } from "../../edge/profile.ts";
import { recentProblems } from "../../edge/recent-problems.ts";
import { reconnectDelay, slotOf } from "../../edge/reconnect-delay.ts";
import { isSpent, renewalMoment } from "../../edge/renewal-moment.ts";
import { version } from "../../edge/version.ts";
import packageJson from "../../package.json" with { type: "json" };

const names = fc.constantFrom("a", "b", "c", "d", "e");
const revision = fc.record({ name: names, rev: fc.integer({ min: 1, max: 3 }), sha256: fc.constantFrom("x", "y") });
const oneOfEach = fc.uniqueArray(revision, { selector: ({ name }) => name });
const wantedOnes = oneOfEach.chain((list) =>
  fc.tuple(
    ...list.map((each) =>
      fc.constantFrom<DesiredPipeline["state"]>("run", "pause").map((state) => ({ ...each, state })),
    ),
  ),
);

describe("what changes on a node", () => {
  it("names every pipeline once, and a second pass changes nothing", () => {
    fc.assert(
      fc.property(oneOfEach, wantedOnes, (running: Revision[], wanted: DesiredPipeline[]) => {
        const { start, swap, stop, keep } = planPipelines(running, wanted);
        const named = [...start, ...swap].map(({ name }) => name).concat(stop, keep);
        expect(new Set(named).size).toBe(named.length);
        const kept = running.filter(({ name }) => keep.includes(name));
        const then = [...kept, ...start, ...swap];
        const again = planPipelines(then, wanted);
        expect([again.start, again.swap, again.stop]).toEqual([[], [], []]);
        expect(then.map(({ name }) => name).sort()).toEqual(
          wanted.flatMap(({ name, state }) => (state === "run" ? [name] : [])).sort(),
        );
      }),
    );
  });
});

describe("coming back after a lost connection", () => {
  const lost = {
    everConnected: true,
    baseMs: 1_000,
    windowMs: 10_000,
    noticed: false,
    node: "nod_1",
    failures: 0,
    chance: 0,
  };
  it.each([
    ["first, earliest", lost, 1_000],
    ["first, latest", { ...lost, chance: 1 }, 11_000],
    ["second, earliest", { ...lost, failures: 1 }, 10_000],
    ["second, latest", { ...lost, failures: 1, chance: 1 }, 20_000],
    ["after long", { ...lost, failures: 40, chance: 1 }, 300_000],
    ["never connected, first", { ...lost, everConnected: false, chance: 1 }, 250],
    ["never connected, later", { ...lost, everConnected: false, failures: 3, chance: 1 }, 2_000],
    ["never connected, for long", { ...lost, everConnected: false, failures: 20, chance: 1 }, 300_000],
  ])("waits: %s", (_, moment, expected) => expect(reconnectDelay(moment)).toBe(expected));

  it("gives each node its own slot when the server says before that it goes away", () => {
    const slots = Array.from({ length: 2_000 }, (_, at) => slotOf(`nod_${at}`, 10_000));
    const tenths = Array.from(
      { length: 10 },
      (_, at) => slots.filter((slot) => Math.floor(slot / 1_000) === at).length,
    );
    expect(Math.min(...tenths)).toBeGreaterThan(120);
    expect(Math.max(...tenths)).toBeLessThan(290);
    const noticed = { ...lost, noticed: true };
    expect(reconnectDelay({ ...noticed, chance: 0 })).toBe(reconnectDelay({ ...noticed, chance: 1 }));
  });
});

describe("renewing a credential", () => {
  const life = { issuedAt: 1_000, expiresAt: 2_000 };
  it.each([
    ["earliest", 1_000_000, 0, 600_000],
    ["latest", 1_000_000, 1, 750_000],
    ["half way", 1_500_000, 0, 100_000],
    ["too late for it", 1_900_000, 0, 0],
  ])("happens at 60 to 75 % of its life: %s", (_, now, chance, expected) =>
    expect(renewalMoment(life, now, chance)).toBe(expected),
  );
  it("is due at once when a credential is spent", () =>
    expect([isSpent(life, 1_998_000), isSpent(life, 1_999_500), isSpent(life, 9_000_000)]).toEqual([
      false,
      true,
      true,
    ]));
  it("never waits longer than a timer can", () =>
    expect(renewalMoment({ issuedAt: 0, expiresAt: 9e9 }, 0, 1)).toBeLessThan(2 ** 31));
});

describe("a heartbeat", () => {
  const now: HeartbeatNow = {
    ...{ session: "s", seq: 1, now: 5, applied: { gen: 2, hash: "0123456789" }, resources: [1, 2, 3, 4], fullEvery: 6 },
    ...{ pipelines: [{ n: "a", r: 1, s: "ok", i: 1, o: 1, e: 0 }], problems: [], lastShown: "" },
  };
  const shown = shownBy(now);
  it("is small while only counters move", () => {
    const beat = nextHeartbeat({ ...now, lastShown: shown, pipelines: [{ n: "a", r: 1, s: "ok", i: 9, o: 9, e: 0 }] });
    expect(beat).toEqual({ s: "s", q: 1, t: 5, g: 2, h: "01234567" });
    expect(JSON.stringify(beat).length).toBeLessThan(150);
  });
  it.each<[string, Partial<HeartbeatNow>]>([
    ["each sixth time", { seq: 12 }],
    ["when health changes", { pipelines: [{ n: "a", r: 1, s: "failed", i: 1, o: 1, e: 0 }] }],
    ["when a problem appears", { problems: [{ l: "e", c: "x", m: "y", n: 1 }] }],
    ["when a generation is applied", { applied: { gen: 3, hash: "z" } }],
  ])("is full %s", (_, change) =>
    expect(nextHeartbeat({ ...now, lastShown: shown, ...change })).toMatchObject({ f: 1 }),
  );
});

describe("what a node remembers", () => {
  const at = "2030-01-01T00:00:00.000Z";
  const attempt = (gen: number, result: "applied" | "failed") => ({
    gen,
    hash: `h${gen}`,
    result,
    code: "",
    msg: "",
    at,
  });
  const logs = (rev: number) => [{ name: "logs", rev, sha256: `${rev}` }];
  const tried = (memory: NodeMemory, gen: number, result: "applied" | "failed", rev: number) =>
    after(memory, { attempt: attempt(gen, result), running: logs(rev) });
  it("keeps the last two good sets", () => {
    const memory = [1, 2, 3].reduce<NodeMemory>((known, gen) => tried(known, gen, "applied", gen), { good: [] });
    expect(memory.good.map(({ gen }) => gen)).toEqual([3, 2]);
    expect(appliedOf(memory)).toEqual({ gen: 3, hash: "h3", at });
  });
  it("does not take a document for applied that failed in part", () => {
    const memory = tried(tried({ good: [] }, 1, "applied", 1), 2, "failed", 1);
    expect([memory.seen?.gen, appliedOf(memory)?.gen, memory.attempt?.result]).toEqual([2, 1, "failed"]);
    expect(appliedOf(tried({ good: [] }, 1, "failed", 1))).toBeNull();
  });
});

describe("problems", () => {
  it("are counted when they repeat, newest first, five at most, forgotten when old", () => {
    let time = 0;
    const problems = recentProblems(() => time);
    for (const code of ["a", "b", "c", "d", "e", "f", "b"]) problems.note("w", code, "m");
    expect(problems.newest().map(({ c, n }) => [c, n])).toEqual([
      ["b", 2],
      ["f", 1],
      ["e", 1],
      ["d", 1],
      ["c", 1],
    ]);
    problems.settle("f");
    expect(problems.newest().map(({ c }) => c)).toEqual(["b", "e", "d", "c"]);
    time = 3_600_000;
    expect(problems.newest()).toEqual([]);
  });
});

describe("where a node lives, and how it runs", () => {
  const choice = { option: undefined, environment: undefined, home: "/home/ada", systemWritable: false };
  it.each([
    [choice, "/home/ada/.cellplane-edge"],
    [{ ...choice, systemWritable: true }, "/var/lib/cellplane-edge"],
    [{ ...choice, systemWritable: true, environment: "/e" }, "/e"],
    [{ ...choice, environment: "/e", option: "/o" }, "/o"],
  ])("chooses its folder from %j", (given, expected) => expect(chooseDataFolder(given)).toBe(expected));
  it.each([
    [undefined, 511, "small"],
    [undefined, 512, "fast"],
    ["small", 9_000, "small"],
    ["fast", 100, "fast"],
    ["huge", 9_000, "fast"],
  ])("chooses the profile for %j and %d MB", (given, memory, expected) =>
    expect(chooseProfile(given, memory)).toBe(expected),
  );
  it("gives up the JIT only where it is small", () =>
    expect([flagsOf("small").includes("--no-opt"), flagsOf("fast").includes("--no-opt")]).toEqual([true, false]));
  it("is of the release of its package", () => expect(version).toBe(packageJson.version));
});
