import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRegistration } from "#core/model/cell-registration.ts";
import { lineOf, StartFailure } from "../../../standalone/start-failure.ts";
import { lastLineOf, pauseBefore } from "../../../standalone/supervisor/child.ts";

const HOUR = 3_600_000;

describe("what to do about a cell at a start", () => {
  it.each([
    ["never registered", { known: undefined, tokenAgeMs: undefined }, "register"],
    ["never registered, a token of a former life", { known: undefined, tokenAgeMs: HOUR }, "register"],
    ["joined", { known: { url: "https://127.0.0.1:1" }, tokenAgeMs: undefined }, "joined"],
    ["joined, token not yet removed", { known: { url: "https://127.0.0.1:1" }, tokenAgeMs: HOUR }, "joined"],
    ["registered, token on disk", { known: { url: null }, tokenAgeMs: HOUR }, "use-token"],
    ["registered, killed before the token was written", { known: { url: null }, tokenAgeMs: undefined }, "replace"],
    ["registered, token about to expire", { known: { url: null }, tokenAgeMs: 23.5 * HOUR }, "replace"],
  ] as const)("%s", (_name, situation, decision) => {
    expect(decideRegistration(situation)).toBe(decision);
  });
});

describe("the pause before a process is started anew", () => {
  it("is short at first, and then ever longer up to 10 s", () => {
    expect([1, 2, 3, 7, 8, 50].map(pauseBefore)).toEqual([100, 200, 400, 6_400, 10_000, 10_000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (ends) => {
        expect(pauseBefore(ends + 1)).toBeGreaterThanOrEqual(pauseBefore(ends));
      }),
    );
  });
});

describe("the one line about a failure", () => {
  it.each([
    ["our own sentence", new StartFailure("Port 4600 is taken."), "Port 4600 is taken."],
    [
      "a full disk",
      Object.assign(new Error("x"), { code: "ENOSPC", path: "/d/f" }),
      "The disk is full: cannot write /d/f",
    ],
    ["a full disk, as SQLite says it", new Error("database or disk is full"), "The disk is full."],
    [
      "a directory of somebody else",
      Object.assign(new Error("x"), { code: "EACCES", path: "/d" }),
      "/d is not writable",
    ],
    ["a read-only disk", Object.assign(new Error("x"), { code: "EROFS", path: "/d" }), "read-only"],
    ["something else", new Error("odd"), "odd"],
  ])("%s", (_name, error, line) => {
    expect(lineOf(error)).toContain(line);
    expect(lineOf(error)).not.toContain("\n");
  });

  it.each([
    ["a sentence", "warming up\nPort 4600 is taken.\n", "Port 4600 is taken."],
    [
      "a structured log",
      '{"level":"error","message":"the embedded cluster ends: disk I/O error"}\n',
      "the embedded cluster ends: disk I/O error",
    ],
    ["nothing", "\n", undefined],
  ])("takes %s as the last words", (_name, text, line) => {
    expect(lastLineOf(text)).toBe(line);
  });
});
