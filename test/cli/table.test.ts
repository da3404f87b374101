import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { age, elapsed } from "../../cli/age.ts";
import { properties, table } from "../../cli/table.ts";

const columns = [
  { title: "NAME", of: ([name]: readonly [string, string]) => name },
  { title: "WHAT", of: ([, what]: readonly [string, string]) => what },
];

describe("a table", () => {
  it("aligns its columns and ends no line with spaces", () => {
    expect(
      table(
        [
          ["a", "first"],
          ["longer-name", "x"],
        ],
        columns,
      ),
    ).toBe("NAME         WHAT\na            first\nlonger-name  x\n");
  });

  it("cuts its widest column to fit a terminal, and nothing without one", () => {
    const rows = [["short", "a very long text that does not fit"]] as const;
    expect(table(rows, columns, 24)).toBe("NAME   WHAT\nshort  a very long text…\n");
    expect(table(rows, columns)).toContain("that does not fit");
  });

  it("lets no content break a line or move the cursor", () => {
    expect(table([["a\nb", "\u001b[2Jx"]], columns)).toBe("NAME  WHAT\na b    [2Jx\n");
  });

  it("fits every width that leaves room for its columns", () => {
    const cell = fc.string({ maxLength: 60 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell)), fc.integer({ min: 18, max: 120 }), (rows, width) => {
        const lines = table(rows, columns, width).slice(0, -1).split("\n");
        expect(lines).toHaveLength(rows.length + 1);
        expect(lines.filter((line) => [...line].length > width)).toEqual([]);
      }),
    );
  });

  it("of properties lets no content move the cursor either", () => {
    expect(properties([["Reason", "\u001b[2Ja\rb\nc"]])).toBe("Reason:   [2Ja b\n         c\n");
  });

  it("of properties keeps many lines of one value together", () => {
    expect(
      properties([
        ["Id", "x"],
        ["Reasons", "one\ntwo"],
      ]),
    ).toBe("Id:       x\nReasons:  one\n          two\n");
  });
});

describe("an age", () => {
  const now = Date.parse("2026-06-01T12:00:00.000Z");
  it.each([
    ["2026-06-01T12:00:00.000Z", "0s"],
    ["2026-06-01T11:59:01.000Z", "59s"],
    ["2026-06-01T11:59:00.000Z", "1m"],
    ["2026-06-01T10:59:00.000Z", "1h"],
    ["2026-05-20T12:00:00.000Z", "12d"],
    ["2026-06-01T12:00:05.000Z", "0s"],
    [null, "-"],
  ])("of %s is %s", (timestamp, text) => {
    expect(age(timestamp, now)).toBe(text);
  });

  it.each([
    [350, "0.3 s"],
    [59_000, "59.0 s"],
    [72_500, "1m 12s"],
  ])("of %d ms of waiting is %s", (milliseconds, text) => {
    expect(elapsed(milliseconds)).toBe(text);
  });
});
