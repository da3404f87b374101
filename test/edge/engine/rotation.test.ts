import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { RunningPipeline } from "../../../edge/engine/running.ts";
import { aPlace, linesOf, type Place, run } from "./pipeline.ts";

const start = (place: Place) =>
  run(place, {
    inputs: [{ id: "in", file: { paths: [join(place.in, "a.log")] } }],
    outputs: [{ id: "out", file: { path: join(place.out, "o"), format: "raw" } }],
  });

/** How a log is rotated, by whoever writes it. */
const ways: Record<string, (log: string) => void> = {
  rename(log) {
    renameSync(log, `${log}.1`);
    writeFileSync(log, "");
  },
  copytruncate(log) {
    copyFileSync(log, `${log}.1`);
    truncateSync(log, 0);
  },
  "delete and create"(log) {
    rmSync(log);
    writeFileSync(log, "");
  },
};

const delivered = (place: Place) => linesOf(join(place.out, "o"));
const comesTo = (place: Place, lines: string[]) =>
  expect.poll(() => delivered(place), { timeout: 60_000 }).toEqual(lines);
const isRead = (pipeline: RunningPipeline, events: number) =>
  expect.poll(() => pipeline.counters()).toMatchObject({ in: events, held: 0, lagBytes: 0 });

describe.each(Object.keys(ways))("rotation by %s", (way) => {
  const rotate = ways[way] as (log: string) => void;

  it("while it runs: everything once, in order", async () => {
    const place = aPlace();
    const log = join(place.in, "a.log");
    writeFileSync(log, "1\n2\n");
    const pipeline = await start(place);
    await isRead(pipeline, 2);
    rotate(log);
    appendFileSync(log, "3\n");
    await comesTo(place, ["1", "2", "3"]);
    rotate(log);
    appendFileSync(log, "4\n5\n6\n7\n8\n");
    await comesTo(place, ["1", "2", "3", "4", "5", "6", "7", "8"]);
  });

  it("while it was down: the new file from its start, whatever inode it got", async () => {
    const place = aPlace();
    const log = join(place.in, "a.log");
    writeFileSync(log, "1\n2\n");
    const pipeline = await start(place);
    await isRead(pipeline, 2);
    await pipeline.drain(1000);
    rotate(log);
    appendFileSync(log, "three\n4\n5\n");
    await start(place);
    await comesTo(place, ["1", "2", "three", "4", "5"]);
  });
});

it("finishes a file that was renamed while it was down, before the new one", async () => {
  const place = aPlace();
  const log = join(place.in, "a.log");
  writeFileSync(log, "1\n");
  const pipeline = await start(place);
  await isRead(pipeline, 1);
  await pipeline.drain(1000);
  appendFileSync(log, "2\n3\n");
  ways.rename?.(log);
  appendFileSync(log, "4\n");
  await start(place);
  await comesTo(place, ["1", "2", "3", "4"]);
});

it("finishes a file that was renamed or deleted while lines were unread", async () => {
  const place = aPlace();
  const log = join(place.in, "a.log");
  writeFileSync(log, "1\n");
  const pipeline = await start(place);
  await isRead(pipeline, 1);
  appendFileSync(log, "2\n");
  rmSync(log);
  await comesTo(place, ["1", "2"]);
  expect(pipeline.counters().lagBytes).toBe(0);
});

it("says how much a deletion lost while it was down", async () => {
  const place = aPlace();
  const log = join(place.in, "a.log");
  writeFileSync(log, "1\nunfinished");
  const pipeline = await start(place);
  await expect.poll(() => pipeline.counters().in).toBe(1);
  await pipeline.drain(1000);
  rmSync(log);
  const again = await start(place);
  await vi.waitFor(() =>
    expect(again.problems()).toMatchObject([{ c: "file-lost", m: `${log} was deleted with 10 bytes unread` }]),
  );
});

it("reads a file in a folder that comes later", async () => {
  const place = aPlace();
  await run(place, {
    inputs: [{ id: "in", file: { paths: [join(place.in, "**", "*.log")] } }],
    outputs: [{ id: "out", file: { path: join(place.out, "o"), format: "raw" } }],
  });
  mkdirSync(join(place.in, "app", "web"), { recursive: true });
  writeFileSync(join(place.in, "app", "web", "x.log"), "deep\n");
  writeFileSync(join(place.in, "app", "x.txt"), "no\n");
  await comesTo(place, ["deep"]);
});

it("the output's own rotation is undone after a kill, so that nothing repeats", async () => {
  const place = aPlace();
  const out = join(place.out, "o");
  const { Appender, restore } = await import("../../../edge/engine/appender.ts");
  writeFileSync(out, "committed\n");
  const { dev, ino } = statSync(out);
  const appender = new Appender(out, { bytes: 20, keep: 3 });
  for (const [seq, line] of ["a".repeat(18), "b".repeat(18), "c".repeat(18)].entries())
    appender.append(seq + 1, Buffer.from(`${line}\n`));
  appender.close();
  expect(linesOf(`${out}.3`)).toEqual(["committed"]);
  restore(out, { dev, ino, length: 10 });
  expect(linesOf(out)).toEqual(["committed"]);
  expect(() => linesOf(`${out}.1`)).toThrow("ENOENT");
});
