import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ErrorKind, errorKinds } from "#core/errors.ts";
import { handBack, stepFailureOf } from "#core/model/hand-back.ts";
import { anOperation } from "../builders.ts";

const now = Date.parse("2026-01-01T00:10:00.000Z");
const running = anOperation({ state: "running", step: "ApplyNetwork", deadline: "2026-01-01T01:00:00.000Z" });

describe("an operation that is handed back", () => {
  it.each<[ErrorKind, string, string]>([
    ["cell-unreachable", "pending", "urn:cellplane:cell-unreachable"],
    ["no-capacity", "pending", "urn:cellplane:no-capacity"],
    ["internal", "pending", "urn:cellplane:internal"],
    ["cell-refused", "failed", "urn:cellplane:cell-refused"],
    ["invalid-input", "failed", "urn:cellplane:invalid-input"],
  ])("after %s is %s", (kind, state, type) => {
    expect(handBack(running, { kind, message: "why" }, now, 0.5)).toMatchObject({ state, error: { type } });
  });

  it("fails at its deadline and keeps what was said last", () => {
    const late = handBack(running, { kind: "no-capacity", message: "No room." }, Date.parse(running.deadline), 0.5);
    expect(late).toMatchObject({ state: "failed", nextActionAt: null, error: { type: "urn:cellplane:timed-out" } });
    expect(late.error?.detail).toContain("No room.");
  });

  it("tells the customer nothing of what a bug said", () => {
    expect(JSON.stringify(handBack(running, { kind: "internal", message: "x is undefined" }, now, 0.5))).not.toContain(
      "undefined",
    );
  });

  it("either ends or is due within a minute, whatever happens", () => {
    const kinds = Object.keys(errorKinds) as ErrorKind[];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 0, max: 7_200_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (kind, attempt, later, chance) => {
          const at = now + later;
          const back = handBack({ ...running, attempt }, { kind, message: "why" }, at, chance);
          if (back.nextActionAt === null) expect(back.endedAt).toBe(new Date(at).toISOString());
          else expect(Date.parse(back.nextActionAt) - at).toBeLessThanOrEqual(60_000);
        },
      ),
    );
  });
});

describe("a failure as Step Functions hands it on", () => {
  it.each([
    [
      { Error: "no-capacity", Cause: '{"errorType":"no-capacity","errorMessage":"No room."}' },
      { kind: "no-capacity", message: "No room." },
    ],
    [
      { Error: "TypeError", Cause: '{"errorType":"TypeError","errorMessage":"x"}' },
      { kind: "internal", message: "x" },
    ],
    [
      { Error: "States.Timeout", Cause: "too slow" },
      { kind: "timed-out", message: "too slow" },
    ],
    [{ Error: "Lambda.Unknown" }, { kind: "internal", message: "Lambda.Unknown" }],
  ])("%j is read", (error, failure) => {
    expect(stepFailureOf(error)).toEqual(failure);
  });
});
