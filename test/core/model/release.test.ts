import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "#core/errors.ts";
import { type Network, NetworkSpec } from "#core/model/network.ts";
import { builtInChannel, builtInRelease } from "#core/model/release/built-in.ts";
import { type Channel, fallenBack, promoted } from "#core/model/release/channel.ts";
import {
  compareVersions,
  isMeantBy,
  type Release,
  ReleaseSpec,
  sortKeyOf,
  whyNotReachable,
  whyUnpublishable,
} from "#core/model/release/release.ts";
import { reachableFrom, releaseOf, resolveChange, resolveNew } from "#core/model/release/resolve-release.ts";
import { builtInSettings, SettingsSchema, settingsBy } from "#core/model/release/settings-schema.ts";

const at = "2026-01-01T00:00:00.000Z";
const aRelease = (release: Partial<Release> & { version: string }): Release => ({
  ...builtInRelease(at),
  upgradesFrom: ["0.x", "1.x"],
  downgradesTo: ["0.x", "1.x"],
  ...release,
});
const withdrawn = { at, actor: "ann", reason: "it leaks" };
const by = { promotedAt: at, actor: "ann" };
const refusal = (act: () => unknown): Refusal => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
  }
  throw new Error("was not refused");
};

const version = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)).map((parts) => parts.join("."));

describe("versions", () => {
  it.each([
    ["0.9.0", "0.10.0"],
    ["1.2.3", "1.2.10"],
    ["9.0.0", "10.0.0"],
  ])("%s is older than %s", (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  it("sort as text as they do by number", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const asText = sortKeyOf(a) < sortKeyOf(b) ? -1 : sortKeyOf(a) > sortKeyOf(b) ? 1 : 0;
        expect(Math.sign(compareVersions(a, b))).toBe(asText);
      }),
    );
  });

  it.each([
    ["1.4.2", "1.4.2", true],
    ["1.4.2", "1.4.20", false],
    ["1.4.x", "1.4.0", true],
    ["1.4.x", "1.40.0", false],
    ["1.x", "1.40.0", true],
    ["1.x", "10.0.0", false],
  ])("%s means %s: %s", (pattern, one, meant) => expect(isMeantBy(pattern, one)).toBe(meant));

  it.each(["1.5", "v1.5.0", "1.5.0-rc.1", "01.5.0", "1.05.0", "", "1.5.0 "])("%o is none", (wrong) => {
    expect(ReleaseSpec.safeParse({ version: wrong, upgradesFrom: ["1.x"] }).success).toBe(false);
  });
});

describe("a release", () => {
  const spec = (more: object) => ReleaseSpec.parse({ version: "1.5.0", upgradesFrom: ["1.4.x"], ...more });

  it("knows the settings of the built-in one unless it says otherwise", () => {
    expect(spec({}).settingsSchema).toEqual(builtInSettings);
  });

  it.each([
    [{ upgradesFrom: ["1.5.0"] }, "upgradesFrom.0"],
    [{ upgradesFrom: ["1.4.x", "1.6.x"] }, "upgradesFrom.1"],
    [{ upgradesFrom: ["2.x"] }, "upgradesFrom.0"],
    [{ downgradesTo: ["1.5.1"] }, "downgradesTo.0"],
  ])("cannot follow what is not older: %o", (more, path) => {
    expect(whyUnpublishable(spec(more))?.details.errors).toMatchObject([{ path }]);
  });

  it.each([
    ["1.4.1", "1.5.0", undefined],
    ["1.3.0", "1.5.0", "1.5.0 cannot be reached from 1.3.0: 1.5.0 may follow 1.4.x"],
    ["1.5.0", "1.4.1", "1.4.1 cannot be reached from 1.5.0: 1.5.0 may be followed by the older none"],
    ["1.5.0", "1.5.0", undefined],
    ["1.5.0", "1.6.0", "1.6.0 cannot be reached from 1.5.0: 1.6.0 may follow none"],
  ])("from %s to %s: %s", (from, to, why) => {
    expect(whyNotReachable(from, to, (one) => (one === "1.5.0" ? spec({}) : undefined))).toBe(why);
  });
});

describe("a channel", () => {
  const stable = builtInChannel("stable", at);

  it("carries what was promoted last, and knows what it carried before", () => {
    const next = promoted(stable, "0.2.0", by);
    expect(next).toMatchObject({ release: "0.2.0", earlier: ["0.1.0"] });
    expect(promoted(next as Channel, "0.2.0", by)).toBeUndefined();
    expect(promoted(next as Channel, "0.1.0", by)).toMatchObject({ release: "0.1.0", earlier: ["0.2.0"] });
  });

  it("never carries a withdrawn release while it carried another one before", () => {
    const versions = ["0.1.0", "0.2.0", "0.3.0", "0.4.0"];
    const step = fc.record({ verb: fc.constantFrom("promote", "withdraw"), version: fc.constantFrom(...versions) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const gone = new Set<string>();
        const carried = new Set(["0.1.0"]);
        let channel: Channel = stable;
        for (const { verb, version } of steps) {
          if (gone.has(version)) continue;
          if (verb === "promote") {
            channel = promoted(channel, version, by) ?? channel;
            carried.add(version);
          } else {
            gone.add(version);
            channel = fallenBack(channel, version, { ...by, isWithdrawn: (one) => gone.has(one) }) ?? channel;
          }
          const left = [...carried].filter((one) => !gone.has(one));
          expect(gone.has(channel.release)).toBe(left.length === 0);
          expect(carried).toContain(channel.release);
          expect(new Set(channel.earlier).size).toBe(channel.earlier.length);
          expect(channel.earlier).not.toContain(channel.release);
        }
      }),
    );
  });
});

describe("what a network gets", () => {
  const releases = [
    aRelease({ version: "0.4.0", upgradesFrom: ["0.3.x"], downgradesTo: [] }),
    aRelease({ version: "0.3.0", withdrawn }),
    aRelease({ version: "0.2.0", upgradesFrom: ["0.1.x"], downgradesTo: ["0.1.x"] }),
    aRelease({ version: "0.1.0" }),
  ];
  const carrying = (release: string): Channel => ({ ...builtInChannel("stable", at), release });
  const spec = (more: object = {}) => NetworkSpec.parse({ name: "n", ...more });
  const network = (more: Partial<Network>): Network => ({ ...spec(), ...more }) as Network;

  it("is its pin, or what its channel carries", () => {
    expect(resolveNew(spec(), releases, carrying("0.2.0"))).toEqual({ resolvedRelease: "0.2.0" });
    expect(resolveNew(spec({ release: "0.1.0" }), releases, carrying("0.2.0"))).toEqual({ resolvedRelease: "0.1.0" });
  });

  it.each([
    ["never published", spec({ release: "9.9.9" }), "0.2.0", "invalid-input", /9\.9\.9 was never published.*0\.2\.0/],
    ["withdrawn", spec({ release: "0.3.0" }), "0.2.0", "invalid-input", /0\.3\.0 was withdrawn \(it leaks\)/],
    ["of a channel that carries nothing", spec(), "0.3.0", "not-possible-now", /stable carries nothing/],
    ["with settings it does not know", spec({ settings: { a: 1 } }), "0.2.0", "invalid-input", /settings\.a/],
  ])("is none where that is %s", (_, wanted, carried, kind, message) => {
    expect(refusal(() => resolveNew(wanted, releases, carrying(carried)))).toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
  });

  it("stays when a pin is taken off or the channel changes", () => {
    const pinned = network({ release: "0.2.0", resolvedRelease: "0.2.0" });
    expect(resolveChange(pinned, spec({ channel: "rapid" }), releases)).toEqual({ resolvedRelease: "0.2.0" });
    expect(releaseOf(network({}))).toBe("0.1.0");
    expect(releaseOf(network({ release: "0.2.0" }))).toBe("0.2.0");
  });

  it("is another one with another pin, where that can be reached", () => {
    const from = network({ resolvedRelease: "0.1.0" });
    expect(resolveChange(from, spec({ release: "0.2.0" }), releases)).toEqual({ resolvedRelease: "0.2.0" });
    const refused = refusal(() => resolveChange(from, spec({ release: "0.4.0" }), releases));
    expect(refused).toMatchObject({
      kind: "not-possible-now",
      message: "0.4.0 cannot be reached from 0.1.0: 0.4.0 may follow 0.3.x. From 0.1.0 it can go to 0.2.0.",
      details: { extra: { from: "0.1.0", allowed: ["0.2.0"] } },
    });
    expect(refusal(() => resolveChange(from, spec({ release: "0.3.0" }), releases)).kind).toBe("invalid-input");
  });

  it("may stay where it is, also when that was withdrawn", () => {
    const there = network({ resolvedRelease: "0.3.0" });
    expect(resolveChange(there, spec({ labels: { a: "b" } }), releases)).toEqual({ resolvedRelease: "0.3.0" });
  });

  it("is always published and not withdrawn, or what it has already", () => {
    const some: fc.Arbitrary<string> = fc.constantFrom("0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0");
    const all = fc.uniqueArray(fc.record({ version: some, gone: fc.boolean(), back: fc.boolean() }), {
      selector: ({ version }) => version,
    });
    fc.assert(
      fc.property(all, fc.option(some), some, some, (published, pin, carried, has) => {
        const releases = published.map(({ version, gone, back }) =>
          aRelease({ version, withdrawn: gone ? withdrawn : null, downgradesTo: back ? ["0.x"] : [] }),
        );
        const given = new Set(published.filter(({ gone }) => !gone).map(({ version }) => version));
        const resolved = (act: () => Pick<Network, "resolvedRelease">) => {
          try {
            return act().resolvedRelease;
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
            return undefined;
          }
        };
        const fresh = resolved(() => resolveNew(spec({ release: pin }), releases, carrying(carried)));
        expect(fresh).toBe(given.has(pin ?? carried) ? (pin ?? carried) : undefined);
        const moved = resolved(() =>
          resolveChange(network({ resolvedRelease: has }), spec({ release: pin }), releases),
        );
        const reachable = reachableFrom(releases, has).map(({ version }) => version);
        expect(moved).toBe(pin === null || pin === has ? has : reachable.includes(pin) ? pin : undefined);
        expect(reachable.every((version) => given.has(version))).toBe(true);
      }),
    );
  });

  it("can go to no release that was withdrawn", () => {
    expect(reachableFrom(releases, "0.2.0").map(({ version }) => version)).toEqual(["0.1.0"]);
  });
});

describe("settings", () => {
  const schema = SettingsSchema.parse({
    type: "object",
    properties: {
      pace: { type: "string", format: "duration", formatMinimum: "10s", formatMaximum: "5m" },
      tone: { type: "string", enum: ["low", "high"] },
      motto: { type: "string", maxLength: 5 },
      retries: { type: "integer", minimum: 0, maximum: 10 },
      share: { type: "number", minimum: 0, maximum: 1 },
      loud: { type: "boolean" },
    },
  });
  const judge = settingsBy(schema);

  it.each([
    [{}],
    [{ pace: "10s", tone: "low", motto: "on", retries: 10, share: 0.5, loud: false }],
    [{ pace: "5m" }],
    [{ pace: "300s" }],
  ])("take %o", (settings) => expect(judge.parse(settings)).toEqual(settings));

  it.each([
    [{ pace: "9s" }, "must be from 10s to 5m"],
    [{ pace: "6m" }, "must be from 10s to 5m"],
    [{ pace: 10 }, ""],
    [{ tone: "middle" }, "must be one of low, high"],
    [{ motto: "onward" }, ""],
    [{ retries: 1.5 }, "must be a whole number"],
    [{ retries: 11 }, "must be from 0 to 10"],
    [{ share: -1 }, "must be from 0 to 1"],
    [{ loud: "yes" }, "must be true or false"],
    [{ other: 1 }, ""],
    [{ loud: null }, ""],
  ])("refuse %o", (settings, message) => {
    const { error } = judge.safeParse(settings);
    expect(error?.issues[0]?.message).toContain(message);
  });

  it.each([
    [{ type: "array" }],
    [{ type: "object", properties: { a: { type: "object" } } }],
    [{ type: "object", properties: { a: { type: "string", pattern: "(a+)+" } } }],
    [{ type: "object", properties: { "a b": { type: "string" } } }],
    [{ type: "object", properties: {}, additionalProperties: true }],
    [{ type: "object", properties: { a: { type: "string", format: "duration", formatMinimum: "soon" } } }],
  ])("have no schema like %o", (wrong) => expect(SettingsSchema.safeParse(wrong).success).toBe(false));
});
