import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Batch, type Ending, fate } from "../../../edge/engine/batch.ts";
import { CommitLine } from "../../../edge/engine/commit-line.ts";
import { aPlace, deadLettersOf, linesOf, run } from "./pipeline.ts";

const onError = fc.constantFrom("deadLetter", "drop");
const line = fc.oneof(
  fc.record({ a: fc.integer({ min: 0, max: 9 }), s: fc.constantFrom("x", "y") }).map((event) => JSON.stringify(event)),
  fc.constantFrom("{broken", '{"s":"x"}', '{"a":"text"}', "7", "null"),
);
const processor = fc.oneof(
  fc
    .constantFrom("e.a > 3", "e.a != 5", "has(e.a)")
    .chain((filter) => onError.map((rule) => ({ filter, onError: rule }))),
  fc.constantFrom("e.a + 1", "e.missing").chain((a) => onError.map((rule) => ({ map: { set: { a } }, onError: rule }))),
);
const when = fc.constantFrom(undefined, "e.a > 4", 'e.s == "x"', "e.a");
const documents = fc.record({
  processors: fc.array(processor, { maxLength: 3 }),
  whens: fc.array(fc.tuple(when, onError), { minLength: 1, maxLength: 3 }),
  route: fc.constantFrom("all", "first"),
  unmatched: fc.constantFrom("drop", "deadLetter"),
  lines: fc.array(line, { minLength: 1, maxLength: 40 }),
});

it("the books balance over random documents, events and faults, and agree with the files", async () => {
  await fc.assert(
    fc.asyncProperty(documents, async ({ processors, whens, route, unmatched, lines }) => {
      const place = aPlace();
      writeFileSync(join(place.in, "a"), `${lines.join("\n")}\n`);
      const outputs = whens.map(([condition, rule], index) => ({
        id: `o${index}`,
        ...(condition === undefined ? {} : { when: condition }),
        onError: rule,
        file: { path: join(place.out, `o${index}`) },
      }));
      const pipeline = await run(place, {
        inputs: [{ id: "in", file: { paths: [join(place.in, "a")] } }],
        processors: [{ parse: { format: "json" } }, ...processors],
        outputs,
        route,
        unmatched,
      });
      const { in: first, ...rest } = pipeline.counters();
      expect(first).toBe(rest.out + rest.filtered + rest.dropped + rest.dead + rest.held);
      await expect.poll(() => pipeline.counters().in, { interval: 2 }).toBe(lines.length);
      await pipeline.drain(1000);
      const { in: read, out, filtered, dropped, dead, held } = pipeline.counters();
      expect({ read, held, sum: out + filtered + dropped + dead }).toEqual({ read, held: 0, sum: lines.length });
      const written = outputs.reduce((sum, { id }) => sum + linesOf(join(place.out, id)).length, 0);
      const letters = deadLettersOf(place).length;
      if (outputs.length === 1 || route === "first")
        expect({ written, letters }).toEqual({ written: out, letters: dead });
      else expect(written >= out && letters >= dead).toBe(true);
    }),
    { numRuns: 60 },
  );
}, 30_000);

describe("the commit line", () => {
  const aBatch = (done: () => void) =>
    new Batch(
      {
        origin: { input: "i", path: "", offset: 0, time: new Date(0), committed: done },
        bytes: 1,
        raws: ["x"],
        events: [1],
      },
      () => {},
      () => {},
    );

  it("commits the longest unbroken run, in order, whatever the order of acknowledgement", () => {
    void fc.assert(
      fc.property(fc.shuffledSubarray([...Array(200).keys()], { minLength: 0 }), (settled) => {
        const line = new CommitLine();
        const committed: number[] = [];
        const batches = [...Array(200).keys()].map((index) => aBatch(() => committed.push(index)));
        for (const batch of batches) line.enter(batch);
        for (const index of settled) line.settle(batches[index] as Batch);
        const missing = [...Array(200).keys()].find((index) => !settled.includes(index)) ?? 200;
        expect(committed).toEqual([...Array(missing).keys()]);
      }),
    );
  });
});

describe("a batch", () => {
  it("is settled once all holders of all its events are done, and the worst ending counts", () => {
    const endings: Ending[] = [];
    let settled = 0;
    const origin = { input: "i", path: "", offset: 10, time: new Date(0), committed() {} };
    const batch = new Batch(
      { origin, bytes: 8, raws: ["ä", "bc"], events: [1, 2] },
      (_batch, _index, ending) => endings.push(ending),
      () => settled++,
    );
    batch.share(0, 2);
    batch.settle(0, fate.dead);
    batch.settle(1, fate.filtered);
    expect({ endings, settled }).toEqual({ endings: [fate.filtered], settled: 0 });
    batch.settle(0, fate.out);
    expect({ endings, settled }).toEqual({ endings: [fate.filtered, fate.dead], settled: 1 });
    expect(() => batch.settle(0, fate.out)).toThrow("twice");
    expect(batch.offsetOf(1)).toBe(13);
  });
});
