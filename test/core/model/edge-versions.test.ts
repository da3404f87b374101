import { describe, expect, it } from "vitest";
import { EdgeVersions, edgesOlderThan, edgeVersionsOf } from "#core/model/edge-versions.ts";

describe("the edges of a network", () => {
  it.each<[string, [string, number][], Record<string, number>]>([
    [
      "are counted by version",
      [
        ["1.2.0", 3],
        ["1.1.0", 2],
        ["1.2.0", 1],
      ],
      { "1.1.0": 2, "1.2.0": 4 },
    ],
    [
      "count with the release that they come before",
      [
        ["1.2.0-rc.1", 1],
        ["1.2.0+build", 1],
      ],
      { "1.2.0": 2 },
    ],
    [
      "are left out where they name no version",
      [
        ["", 1],
        ["dev", 1],
        ["1.2", 1],
        ["v1.2.0", 1],
        ["1.2.0x", 1],
        ["1.2.0.4", 1],
      ],
      {},
    ],
    ["are left out where none is left", [["1.2.0", 0]], {}],
  ])("%s", (_what, said, versions) => {
    expect(edgeVersionsOf(said)).toEqual(versions);
  });

  it("are the oldest twenty, whatever nodes call themselves", () => {
    const said = Array.from({ length: 1_000 }, (_, at): [string, number] => [`1.${999 - at}.0`, 1]);
    const versions = edgeVersionsOf(said);
    expect(Object.keys(versions)).toHaveLength(20);
    expect(edgesOlderThan(versions, "1.5.0")).toEqual({ count: 5, oldest: "1.0.0" });
    expect(EdgeVersions.parse(versions)).toEqual(versions);
    expect(EdgeVersions.safeParse(Object.fromEntries(said)).success).toBe(false);
  });

  it("are older than a release needs by number, not by text", () => {
    expect(edgesOlderThan({ "1.9.0": 2, "1.10.0": 1, "0.9.9": 3 }, "1.10.0")).toEqual({ count: 5, oldest: "0.9.9" });
    expect(edgesOlderThan({ "1.10.0": 1 }, "1.10.0")).toBeUndefined();
    expect(edgesOlderThan({}, "1.10.0")).toBeUndefined();
  });
});
