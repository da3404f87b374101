import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CaTerm, caRotation } from "#core/model/ca-rotation.ts";

const DAY = 86_400_000;
const LIFE = 3_650;
const born = (day: number): CaTerm => ({ from: day * DAY, until: (day + LIFE) * DAY });

describe("the rotation of a certificate authority", () => {
  it.each<[string, CaTerm[], number, ReturnType<typeof caRotation>]>([
    ["none yet: one is made", [], 0, { next: true, signer: -1, trusted: [] }],
    ["the first signs at once", [born(0)], 0, { next: false, signer: 0, trusted: [0] }],
    ["in its second third", [born(0)], 2_000, { next: false, signer: 0, trusted: [0] }],
    ["in its last third", [born(0)], 2_434, { next: true, signer: 0, trusted: [0] }],
    [
      "the next is known, and does not sign",
      [born(0), born(2_434)],
      2_435,
      { next: false, signer: 0, trusted: [0, 1] },
    ],
    ["a day before it does", [born(0), born(2_434)], 2_463, { next: false, signer: 0, trusted: [0, 1] }],
    ["everybody knows it", [born(0), born(2_434)], 2_464, { next: false, signer: 1, trusted: [0, 1] }],
    [
      "the first is handed out to its last day",
      [born(0), born(2_434)],
      3_649,
      { next: false, signer: 1, trusted: [0, 1] },
    ],
    ["and not longer", [born(0), born(2_434)], 3_650, { next: false, signer: 1, trusted: [1] }],
    ["all have ended while nobody was there", [born(0)], 4_000, { next: true, signer: -1, trusted: [] }],
  ])("%s", (_, generations, day, expected) => {
    expect(caRotation(generations, day * DAY)).toEqual(expected);
  });

  it("for forty years, whenever it is looked at: what signs was known for 30 days, and every leaf stays trusted to its end", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 250, maxLength: 400 }), (pauses) => {
        let generations: CaTerm[] = [];
        let day = 0;
        /** Day on which a generation was first handed out, by its first day. */
        const known = new Map<number, number>();
        for (const pause of pauses) {
          const { next, trusted } = caRotation(generations, day * DAY);
          generations = trusted.flatMap((index) => generations[index] ?? []);
          if (next) generations.push(born(day));
          for (const { from } of generations) if (!known.has(from)) known.set(from, day);
          const signer = generations[caRotation(generations, day * DAY).signer];
          expect(signer).toBeDefined();
          const since = known.get(signer?.from ?? -1) ?? Number.NaN;
          expect(since === 0 || day - since >= 30).toBe(true);
          // A leaf lives 90 days.
          expect((signer?.until ?? 0) / DAY).toBeGreaterThan(day + 90);
          day += pause;
        }
      }),
      { numRuns: 30 },
    );
  });
});
