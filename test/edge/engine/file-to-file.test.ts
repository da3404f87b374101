import { appendFileSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { allowing, aPlace, deadLettersOf, eventsOf, linesOf, run } from "./pipeline.ts";

const follow = (path: string, more: Record<string, unknown> = {}) => [{ id: "in", file: { paths: [path], ...more } }];
const toFile = (path: string, more: Record<string, unknown> = {}) => [{ id: "out", file: { path, ...more } }];
const json = { parse: { format: "json" } };

it("follows a file through parse, filter and map into a file", async () => {
  const place = aPlace();
  const log = join(place.in, "a.log");
  const out = join(place.out, "a.jsonl");
  writeFileSync(log, '{"level":"debug","ms":5}\n{"level":"info","ms":1500,"big":12345678901234567890}\n');
  const pipeline = await run(place, {
    inputs: follow(log),
    processors: [
      json,
      { filter: 'e.level != "debug"' },
      {
        map: {
          set: { secs: "e.ms / 1000", site: "node.labels.site", from: "meta.input", at: "meta.offset" },
          keep: ["big"],
        },
      },
    ],
    outputs: toFile(out),
  });
  await expect.poll(() => linesOf(out)).toHaveLength(1);
  expect(linesOf(out)).toEqual(['{"big":12345678901234567890,"secs":1.5,"site":"here","from":"in","at":25}']);
  appendFileSync(log, '{"level":"warn","ms":1}\n');
  await expect.poll(() => linesOf(out)).toHaveLength(2);
  expect(pipeline.counters()).toMatchObject({ in: 3, out: 2, filtered: 1, dropped: 0, dead: 0, held: 0, lagBytes: 0 });
  expect(pipeline.health()).toBe("ok");
});

it("keeps what it cannot handle as a dead letter, with its position and without quoting it in problems", async () => {
  const place = aPlace();
  const log = join(place.in, "a.log");
  writeFileSync(log, 'ok is not json: hunter2\n{"a":1}\n{"b":1}\n');
  const pipeline = await run(place, {
    inputs: follow(log),
    processors: [json, { filter: "e.a == 1" }],
    outputs: toFile(join(place.out, "o")),
  });
  await expect.poll(() => pipeline.counters()).toMatchObject({ in: 3, out: 1, dead: 2, errors: 2, held: 0 });
  expect(deadLettersOf(place)).toMatchObject([
    { stage: "processors[0].parse", path: log, offset: 0, raw: "ok is not json: hunter2", input: "in", rev: 1 },
    { stage: "processors[1].filter", offset: 32, raw: '{"b":1}' },
  ]);
  expect(JSON.stringify(pipeline.problems())).not.toContain("hunter2");
  expect(pipeline.problems()).toHaveLength(2);
  expect(pipeline.health()).toBe("degraded");
});

it.each([
  ["drop", { dropped: 1, out: 1, dead: 0 }],
  ["pass", { dropped: 0, out: 2, dead: 0 }],
])("onError: %s", async (onError, expected) => {
  const place = aPlace();
  writeFileSync(join(place.in, "a"), 'x\n{"a":1}\n');
  const pipeline = await run(place, {
    inputs: follow(join(place.in, "a")),
    processors: [{ ...json, onError }],
    outputs: toFile(join(place.out, "o")),
  });
  await expect.poll(() => pipeline.counters()).toMatchObject({ in: 2, held: 0, errors: 1, ...expected });
});

it("onError: stop ends the pipeline, and a corrected revision reads the event again", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  writeFileSync(join(place.in, "a"), "x\n");
  const fields = { inputs: follow(join(place.in, "a")), outputs: toFile(out) };
  const pipeline = await run(place, { ...fields, processors: [{ ...json, onError: "stop" }] });
  expect((await pipeline.failed).message).toBe("processors[0].parse: the text is not JSON");
  expect(pipeline.health()).toBe("failed");
  await run(place, fields, { rev: 2 });
  await expect.poll(() => linesOf(out)).toEqual(['{"raw":"x"}']);
});

it("a revision goes on where the one before was committed", async () => {
  const place = aPlace();
  const log = join(place.in, "a");
  const out = join(place.out, "o");
  writeFileSync(log, '{"a":1}\n');
  const first = await run(place, { inputs: follow(log), processors: [json], outputs: toFile(out) });
  await expect.poll(() => linesOf(out)).toHaveLength(1);
  await first.drain(1000);
  expect(first.health()).toBe("stopped");
  appendFileSync(log, '{"a":2}\n');
  const mapped = [json, { map: { set: { rev: "2" } } }];
  await run(place, { inputs: follow(log), processors: mapped, outputs: toFile(out) }, { rev: 2 });
  await expect.poll(() => eventsOf(out)).toEqual([{ a: 1 }, { a: 2, rev: 2 }]);
});

it("start: end leaves out what was there, and nothing that comes later", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  writeFileSync(join(place.in, "a.log"), "old\n");
  await run(place, {
    inputs: follow(join(place.in, "*.log"), { start: "end" }),
    outputs: toFile(out, { format: "raw" }),
  });
  appendFileSync(join(place.in, "a.log"), "new\n");
  writeFileSync(join(place.in, "b.log"), "other file\n");
  await expect.poll(() => linesOf(out).sort(), { timeout: 60_000 }).toEqual(["new", "other file"]);
});

it("holds a line without its end back, and gives it out whole", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  writeFileSync(join(place.in, "a"), "one\ntw");
  const pipeline = await run(place, { inputs: follow(join(place.in, "a")), outputs: toFile(out, { format: "raw" }) });
  await expect.poll(() => linesOf(out)).toEqual(["one"]);
  expect(pipeline.counters().lagBytes).toBe(2);
  appendFileSync(join(place.in, "a"), "o\n");
  await expect.poll(() => linesOf(out)).toEqual(["one", "two"]);
});

it("a line larger than eventBytes is a dead letter, and the next one is read", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  writeFileSync(join(place.in, "a"), `before\n${"x".repeat(300_000)}\nafter\n${"y".repeat(2000)}\nlast\n`);
  const pipeline = await run(place, {
    inputs: follow(join(place.in, "a")),
    outputs: toFile(out, { format: "raw" }),
    limits: { eventBytes: "1KiB" },
  });
  await expect.poll(() => linesOf(out)).toEqual(["before", "after", "last"]);
  expect(pipeline.counters()).toMatchObject({ in: 5, out: 3, dead: 2, held: 0, lagBytes: 0 });
});

it("routes to all whose `when` is true, or to the first, and to computed paths", async () => {
  const place = aPlace();
  writeFileSync(join(place.in, "a"), '{"s":"x","n":1}\n{"s":"y","n":2}\n{"s":"x","n":3}\n{"s":"z","n":0}\n');
  const outputs = [
    { id: "big", when: "e.n > 2", file: { path: join(place.out, "big") } },
    { id: "each", when: "e.n > 0", file: { path: `"${place.out}/" + e.s + ".jsonl"` } },
  ];
  const fields = { inputs: follow(join(place.in, "a")), processors: [json], outputs, unmatched: "drop" };
  const all = await run(place, fields);
  await expect.poll(() => all.counters()).toMatchObject({ in: 4, out: 3, dropped: 1, held: 0 });
  expect(eventsOf(join(place.out, "big"))).toEqual([{ s: "x", n: 3 }]);
  expect(eventsOf(join(place.out, "x.jsonl"))).toEqual([
    { s: "x", n: 1 },
    { s: "x", n: 3 },
  ]);
  await all.stop();

  const first = await run(place, { ...fields, inputs: [{ ...fields.inputs[0], id: "again" }], route: "first" });
  await expect.poll(() => first.counters()).toMatchObject({ in: 4, out: 3, dropped: 1 });
  expect(eventsOf(join(place.out, "big"))).toHaveLength(2);
  expect(eventsOf(join(place.out, "x.jsonl"))).toHaveLength(3);
});

it("rotates its own file by size and keeps so many", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  const line = "x".repeat(1000);
  writeFileSync(join(place.in, "a"), "");
  const rotate = { size: "4KiB", keep: 2 };
  const pipeline = await run(place, {
    inputs: follow(join(place.in, "a")),
    outputs: toFile(out, { format: "raw", rotate }),
  });
  for (let count = 1; count <= 16; count++) {
    appendFileSync(join(place.in, "a"), `${line}\n`);
    await expect.poll(() => pipeline.counters().out, { interval: 10 }).toBe(count);
  }
  expect(readdirSync(place.out).sort()).toEqual(["o", "o.1", "o.2"]);
  expect(linesOf(`${out}.2`)).toHaveLength(4);
}, 20_000);

it("stdin to stdout comes to an end", async () => {
  const place = aPlace();
  const streams = { stdin: new PassThrough(), stdout: new PassThrough() };
  const fields = { inputs: [{ id: "i", stdin: {} }], outputs: [{ id: "o", stdout: { format: "raw" } }] };
  const pipeline = await run(place, fields, { streams });
  streams.stdin.end("a\r\nb\n\nno end");
  await pipeline.done;
  expect(String(streams.stdout.read())).toBe("a\nb\nno end\n");
  expect(pipeline.counters()).toMatchObject({ in: 3, out: 3, held: 0 });
});

it("generate counts on where it stopped", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  const fields = (count: number) => ({
    inputs: [{ id: "g", generate: { count, event: { k: "v" } } }],
    outputs: toFile(out),
  });
  const first = await run(place, fields(250));
  await first.done;
  await first.stop();
  const second = await run(place, fields(300));
  await second.done;
  expect(eventsOf(out).map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, seq) => seq));
});

it("reads and writes only what the policy allows, whatever a link says", async () => {
  const place = aPlace();
  const other = aPlace();
  writeFileSync(join(other.in, "secret"), "hunter2\n");
  symlinkSync(join(other.in, "secret"), join(place.in, "a.log"));
  writeFileSync(join(place.in, "b.log"), "fine\n");
  const out = join(place.out, "o");
  const pipeline = await run(place, {
    inputs: follow(join(place.in, "*.log")),
    outputs: toFile(out, { format: "raw" }),
  });
  await expect.poll(() => linesOf(out)).toEqual(["fine"]);
  expect(pipeline.problems()).toMatchObject([{ c: "file-refused" }]);
  await pipeline.stop();

  const elsewhere = { inputs: follow(join(place.in, "b.log")), outputs: toFile(join(other.out, "o")) };
  await expect(run(place, elsewhere)).rejects.toThrow("may not be written");
  symlinkSync(other.out, join(place.out, "link"));
  const linked = await run(
    place,
    {
      ...elsewhere,
      inputs: [{ id: "again", file: { paths: [join(place.in, "b.log")] } }],
      outputs: toFile(`"${place.out}/link/" + e.raw`),
    },
    { policy: allowing(place) },
  );
  await expect.poll(() => linked.counters()).toMatchObject({ in: 1, dead: 1, held: 0 });
  expect(readdirSync(other.out)).toEqual([]);
});

it("waits for a file that cannot be written, loses nothing, and says so", async () => {
  const place = aPlace();
  const out = join(place.out, "sub", "o");
  writeFileSync(join(place.in, "a"), "x\n");
  writeFileSync(join(place.out, "sub"), "a file where a folder should be");
  const pipeline = await run(place, {
    inputs: follow(join(place.in, "a")),
    outputs: toFile(`"${place.out}/" + "sub/o"`, { format: "raw" }),
  });
  await expect.poll(() => pipeline.health()).toBe("degraded");
  expect(pipeline.counters()).toMatchObject({ in: 1, held: 1, out: 0 });
  renameSync(join(place.out, "sub"), join(place.out, "moved"));
  await expect.poll(() => pipeline.counters(), { timeout: 60_000 }).toMatchObject({ held: 0, out: 1 });
  expect(readFileSync(out, "utf8")).toBe("x\n");
  expect(pipeline.health()).toBe("ok");
});

it("leaves nothing open when it cannot start", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  const outputs = [
    ...toFile(out),
    { id: "web", http: { url: "https://x.test/", auth: { bearer: { secret: "key" } } } },
  ];
  const fields = { inputs: follow(join(place.in, "a")), outputs };
  await expect(run(place, fields)).rejects.toThrow("the secret `key` is not on this node");
  await run(place, { ...fields, outputs: toFile(out) });
  expect(linesOf(out)).toEqual([]);
});
