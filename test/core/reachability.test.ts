import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ulids } from "#adapters/world.ts";
import type { NetworkStatus, Observed } from "#core/model/network.ts";
import { isDoubtful, outsideNews, phaseNews, reachableOf, toProbe } from "#core/model/reachability.ts";
import { type CellSilence, nextNews } from "#core/model/silence.ts";

const now = Date.parse("2026-01-01T00:10:00.000Z");
const justNow = "2026-01-01T00:09:50.000Z";
const longAgo = "2026-01-01T00:00:00.000Z";
const ids = ulids({ now: () => now });
const cell = ids.next("cel");

const observed = (some: Partial<Observed> = {}): Observed => ({
  ...{ network: ids.next("net"), epoch: 1, generation: 2, observedGeneration: 2, phase: "ready", release: "0.1.0" },
  ...{ endpoints: { api: "https://a", nats: "tls://a" }, conditions: [], nodes: { online: 0, total: 0 } },
  ...{ reachable: { api: true, nats: true, checkedAt: justNow }, blockers: [], reportedAt: justNow },
  ...some,
});
const status = (some: Partial<NetworkStatus> = {}): NetworkStatus => ({
  ...{ network: ids.next("net"), cell, observed: observed() },
  ...some,
});
const shut = { api: false, nats: true, checkedAt: justNow };

describe("what is known of a network's doors", () => {
  it.each([
    ["what the cell says", status(), { api: true, nats: true, checkedAt: justNow }],
    ["against it what was met outside", status({ outside: shut }), { api: false, nats: true, checkedAt: justNow }],
    [
      "but not for ever",
      status({ outside: { ...shut, checkedAt: "2025-12-31T23:59:59.000Z" } }),
      { api: true, nats: true, checkedAt: justNow },
    ],
  ])("is %s", (_what, given, expected) => {
    expect(reachableOf(given, now)).toEqual(expected);
  });

  it.each([
    ["all is well", status(), justNow, false],
    ["the cell is silent", status(), longAgo, true],
    ["it never reported", status(), undefined, true],
    ["it is degraded", status({ observed: observed({ phase: "degraded" }) }), justNow, true],
    ["the cell cannot reach it", status({ observed: observed({ reachable: shut }) }), justNow, true],
    ["it was shut from outside", status({ outside: shut }), justNow, true],
  ])("is looked at where %s: %#", (_what, given, reportAt, expected) => {
    expect(isDoubtful(given, reportAt, now)).toBe(expected);
  });
});

describe("the choice of whom to look at", () => {
  const anyCell = fc.record({
    doubts: fc.array(fc.boolean(), { maxLength: 60 }),
    sample: fc.integer({ min: 1, max: 5 }),
    most: fc.integer({ min: 1, max: 10 }),
    from: fc.nat(1_000_000),
  });

  it("stays within its bounds, looks at nobody twice in a round, and in time at everybody", () => {
    fc.assert(
      fc.property(anyCell, ({ doubts, sample, most, from }) => {
        const all = doubts.map((doubt, n) => ({ network: String(n), doubt }));
        const seen = new Set<string>();
        for (let round = from; round < from + all.length + 1; round++) {
          const chosen = toProbe(all, ({ doubt }) => doubt, { round, sample, most }).map(({ network }) => network);
          expect(new Set(chosen).size).toBe(chosen.length);
          expect(chosen.length).toBeLessThanOrEqual(sample + most);
          for (const network of chosen) seen.add(network);
        }
        expect(seen.size).toBe(all.length);
      }),
    );
  });
});

describe("news", () => {
  const named = { name: "factory", generation: 2 };
  it.each<[string, Partial<Observed> | undefined, Partial<Observed>, string | undefined]>([
    ["the first word", undefined, {}, undefined],
    ["the same again", {}, {}, undefined],
    ["it is degraded", {}, { phase: "degraded" }, "phase.degraded"],
    ["it is ready again", { phase: "degraded" }, {}, "phase.ready"],
    ["it was at an older generation", { phase: "updating", observedGeneration: 1 }, {}, undefined],
  ])("of a phase: %s", (_what, before, after, type) => {
    expect(phaseNews(named, before && observed(before), observed(after))?.type).toBe(type);
  });

  it("say what is wrong", () => {
    const conditions: Observed["conditions"] = [
      { type: "BrokerReady", status: "False", reason: "Crash", message: "broker: restarting", since: justNow },
    ];
    expect(phaseNews(named, observed(), observed({ phase: "degraded", conditions }))?.message).toBe(
      "factory is degraded: broker: restarting.",
    );
    expect(outsideNews("factory", undefined, shut)?.message).toContain("its API");
    expect(outsideNews("factory", shut, shut)).toBeUndefined();
    expect(outsideNews("factory", shut, { ...shut, api: true })?.type).toBe("reachability.back");
    expect(outsideNews("factory", undefined, { ...shut, api: true })).toBeUndefined();
  });

  const told = (some: Partial<CellSilence>): CellSilence => ({
    ...{ cell, since: longAgo, news: "silent", after: "net_5", done: false, heard: "" },
    ...some,
  });
  it.each<[string, CellSilence | undefined, string, Partial<CellSilence> | undefined]>([
    ["nothing is wrong", undefined, justNow, undefined],
    ["it has fallen silent", undefined, longAgo, { news: "silent", after: "", since: longAgo }],
    ["it is being told", told({}), longAgo, { news: "silent", after: "net_5" }],
    ["all have been told", told({ done: true }), longAgo, undefined],
    ["it is back, some have been told", told({}), justNow, { news: "back", after: "", heard: "net_5" }],
    ["it is back, all have been told", told({ done: true }), justNow, { news: "back", after: "", heard: "~" }],
    [
      "it is silent again before all heard that it is back",
      told({ news: "back", heard: "~" }),
      longAgo,
      { news: "back" },
    ],
  ])("of a cell: %s", (_what, known, reportAt, expected) => {
    const next = nextNews(known, { cell, reportAt, now });
    if (expected) expect(next).toMatchObject(expected);
    else expect(next).toBeUndefined();
  });
});
