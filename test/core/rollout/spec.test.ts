import { describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import { parse } from "#core/model/parse.ts";
import { FreezeSpec } from "#core/model/rollout/freeze.ts";
import { Rollout } from "#core/model/rollout/rollout.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { RolloutTarget } from "#core/model/rollout/target.ts";
import { cellNumber, networkNumber } from "../../../scripts/simulate/fleet.ts";
import { aRelease, aRollout, aSpec, runToEnd } from "./a-rollout.ts";

const change = { release: "1.5.0" };
const errorsOf = (spec: unknown) => {
  try {
    parse(RolloutSpec, spec);
    return [];
  } catch (error) {
    return error instanceof Refusal ? (error.details.errors ?? []) : [];
  }
};

describe("a rollout's spec", () => {
  it("needs nothing but the change", () => {
    expect(aSpec()).toMatchObject({
      waves: [{ percent: 1 }, { percent: 5 }, { percent: 25 }, { percent: 100 }],
      maxConcurrent: { total: 10 },
      maxFailed: { total: "1%" },
      minHealthyFor: "10s",
      healthyDeadline: "5m",
      progressDeadline: "1h",
      bake: "10m",
      onFailure: "pause",
      windows: "respect",
      supersede: false,
    });
  });

  it("is kept as it was parsed, whichever way it was written", () => {
    const spec = aSpec({
      maxConcurrent: "10%",
      maxFailed: { total: 2, perWave: 1 },
      gates: [{ kind: "manual", before: 2 }],
    });
    expect(parse(RolloutSpec, JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it.each<[string, object, string, RegExp]>([
    ["no change", { change: {} }, "change", /exactly one of release, settings and leaveCell/],
    ["two changes", { change: { release: "1.5.0", settings: { a: 1 } } }, "change", /exactly one/],
    ["empty settings", { change: { settings: {} } }, "change.settings", /is empty/],
    ["no release", { change: { release: "latest" } }, "change.release", /such as "1.5.0"/],
    ["from anything", { from: { release: "1.*" } }, "from.release", /"1.4.x"/],
    ["empty selector", { selector: {} }, "selector", /is empty/],
    ["empty list", { selector: { cells: [] } }, "selector.cells", /is empty/],
    ["empty labels", { selector: { labels: "" } }, "selector.labels", /is empty/],
    ["bad labels", { selector: { labels: "a in b" } }, "selector.labels", /./],
    ["wrong id", { selector: { networks: ["x"] } }, "selector.networks.0", /id of a network/],
    ["no wave", { waves: [] }, "waves", /at least one wave/],
    ["too many percent", { waves: [{ percent: 120 }] }, "waves.0.percent", /at most 100/],
    ["nothing percent", { waves: [{ percent: 0 }, { percent: 100 }] }, "waves.0.percent", /above 0/],
    [
      "falling waves",
      { waves: [{ percent: 25 }, { percent: 5 }, { percent: 100 }] },
      "waves.1.percent",
      /above that of the wave before \(25\)/,
    ],
    [
      "waves that leave some out",
      { waves: [{ percent: 50 }] },
      "waves.0.percent",
      /50% of the targets would have none/,
    ],
    ["a wave after all", { waves: [{ percent: 100 }, { count: 3 }] }, "waves.1", /comes after a wave that has all/],
    [
      "a wave of two kinds",
      { waves: [{ percent: 100, count: 3 }] },
      "waves.0",
      /exactly one of percent, count and selector/,
    ],
    ["half a network", { maxConcurrent: 1.5 }, "maxConcurrent", /whole number/],
    ["less than none", { maxConcurrent: -1 }, "maxConcurrent", /whole number/],
    ["more than all", { maxFailed: "101%" }, "maxFailed", /such as 2/],
    ["unknown limit", { maxConcurrent: { perPlanet: 1 } }, "maxConcurrent.perPlanet", /not a known field/],
    ["no duration", { bake: "soon" }, "bake", /must be a duration/],
    ["endless bake", { bake: "400d" }, "bake", /at most 30d/],
    ["health that comes too late", { minHealthyFor: "10m" }, "minHealthyFor", /shorter than healthyDeadline/],
    ["nodes that come too late", { nodes: { within: "1h" } }, "nodes.within", /not be longer than healthyDeadline/],
    ["gate nowhere", { gates: [{ kind: "manual" }] }, "gates.0", /either before or after/],
    ["gate at no wave", { gates: [{ kind: "manual", before: 9 }] }, "gates.0.before", /is wave 9, and there are 4/],
    ["gate of no kind", { gates: [{ kind: "oracle", before: 1 }] }, "gates.0.kind", /"manual", "alarm" or "webhook"/],
    [
      "gate without address",
      { gates: [{ kind: "webhook", before: 1, url: "ftp://x" }] },
      "gates.0.url",
      /URL of a webhook/,
    ],
    ["failure", { onFailure: "cry" }, "onFailure", /./],
    ["windows", { windows: "break" }, "windows", /./],
    [
      "the way back of a move",
      { change: { leaveCell: cellNumber(1) }, onFailure: "rollback" },
      "onFailure",
      /no way back/,
    ],
    ["what nobody knows", { speed: 11 }, "speed", /not a known field/],
  ])("refuses %s", (_what, spec, path, message) => {
    expect(errorsOf({ change, ...spec })).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  it("names every field that is wrong, not only the first", () => {
    expect(
      errorsOf({ change, waves: [{ percent: 130 }], bake: "x", selector: {} })
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["bake", "selector", "waves.0.percent"]);
  });
});

describe("a plan is refused", () => {
  const never = { timeZone: "UTC", dates: ["2020-01-01"], from: "01:00", to: "02:00" };
  it("where the release does not exist", () => {
    const plan = () =>
      aRollout(
        {},
        { size: 1 },
        () => {},
        () => undefined,
      );
    expect(plan).toThrow("change.release: 1.5.0 does not exist: publish it first");
  });
  it("where the release cannot be reached", () => {
    const find = () =>
      aRollout(
        {},
        { size: 1 },
        () => {},
        () => aRelease({ upgradesFrom: ["0.x"] }),
      );
    expect(find).toThrow(/change.release: 1.5.0 cannot be reached from 1.4.0: 1.5.0 may follow 0.x \(net_/);
  });
  it("where it was withdrawn", () => {
    const withdrawn = { at: "2026-01-01T00:00:00.000Z", actor: "ann", reason: "leaks" };
    expect(() =>
      aRollout(
        {},
        { size: 1 },
        () => {},
        () => aRelease({ withdrawn }),
      ),
    ).toThrow("1.5.0 was withdrawn: leaks");
  });
  it("where there is no way back and one was asked for", () => {
    const plan = () =>
      aRollout(
        { onFailure: "rollback" },
        { size: 1 },
        () => {},
        () => aRelease({ downgradesTo: [] }),
      );
    expect(plan).toThrow(/onFailure: 1.4.0 cannot be reached from 1.5.0/);
  });
  it("where nothing is selected", () => {
    expect(() => aRollout({ selector: { regions: ["nowhere"] } }, { size: 3 })).toThrow(/selector: takes no network/);
  });
  it("where a window never opens, unless windows are ignored", () => {
    const prepare = ({ networks }: Parameters<NonNullable<Parameters<typeof aRollout>[2]>>[0]) => {
      const network = networks.get(networkNumber(2));
      if (network) network.window = never;
    };
    expect(() => aRollout({}, { size: 3 }, prepare)).toThrow(/windows: .*2020-01-01 never opens .*net_0+2\)/);
    expect(aRollout({ windows: "ignore" }, { size: 3 }, prepare).targets.size).toBe(3);
  });
});

it("is kept in records that their schemas accept", () => {
  const running = aRollout(
    { onFailure: "rollback", gates: [{ kind: "manual", after: 4 }] },
    { size: 60, failures: 0.1 },
  );
  runToEnd(running);
  expect(Rollout.parse(running.rollout)).toEqual(running.rollout);
  for (const target of running.targets.values()) expect(RolloutTarget.parse(target)).toEqual(target);
});

it.each([
  [{ scope: {}, reason: "x", until: "2026-01-02T00:00:00.000Z" }, "scope"],
  [{ scope: { fleet: true, region: "eu" }, reason: "x", until: "2026-01-02T00:00:00.000Z" }, "scope"],
  [{ scope: { fleet: true }, reason: " ", until: "2026-01-02T00:00:00.000Z" }, "reason"],
  [{ scope: { fleet: true }, reason: "x" }, "until"],
  [
    { scope: { fleet: true }, reason: "x", from: "2026-01-03T00:00:00.000Z", until: "2026-01-02T00:00:00.000Z" },
    "until",
  ],
])("refuses a freeze such as %j", (freeze, path) => {
  expect(FreezeSpec.safeParse(freeze).error?.issues.map((issue) => issue.path.join("."))).toContain(path);
});
