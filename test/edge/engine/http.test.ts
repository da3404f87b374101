import { writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isRetried, retryDelayMs } from "../../../edge/engine/outputs/retry.ts";
import { systemClock } from "../../../edge/engine/start-pipeline.ts";
import { allowing, aPlace, deadLettersOf, type Place, run } from "./pipeline.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that keeps what it took. `answer` gives the status for the events of one request. */
async function aServer(answer: (events: { n: number }[], request: number) => number = () => 200) {
  const taken: number[] = [];
  const headers: IncomingHttpHeaders[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const lines = Buffer.concat(chunks).toString().trim().split("\n");
      const events = lines.map((line) => JSON.parse(line) as { n: number });
      const status = answer(events, ++requests);
      headers.push(request.headers);
      if (status < 300) taken.push(...events.map(({ n }) => n));
      response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/" } : {}).end("answer");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { taken, headers, port, url: `http://127.0.0.1:${port}/in`, requests: () => requests };
}

const quick = { ...systemClock, random: () => 0 };

function post(place: Place, port: number, http: Record<string, unknown>, events: number, batch = {}) {
  writeFileSync(join(place.in, "a"), Array.from({ length: events }, (_, n) => `{"n":${n}}\n`).join(""));
  return run(
    place,
    {
      inputs: [{ id: "in", file: { paths: [join(place.in, "a")] } }],
      processors: [{ parse: { format: "json" } }],
      outputs: [{ id: "web", http, batch: { age: "50ms", ...batch } }],
    },
    { policy: allowing(place, { dial: [`127.0.0.1:${port}`] }), clock: quick, secrets: { key: "hunter2" } },
  );
}
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

it("posts every event, in requests of limited size, with its secret", async () => {
  const place = aPlace();
  const server = await aServer((events) => (events.length <= 10 ? 200 : 500));
  const http = { url: server.url, auth: { bearer: { secret: "key" } } };
  const pipeline = await post(place, server.port, http, 95, { events: 10 });
  await expect.poll(() => pipeline.counters()).toMatchObject({ in: 95, out: 95, held: 0, lagBytes: 0 });
  expect(sorted(server.taken)).toEqual(upTo(95));
  expect(server.headers[0]).toMatchObject({ authorization: "Bearer hunter2", "content-type": "application/x-ndjson" });
});

it("keeps the order with one request in flight", async () => {
  const place = aPlace();
  const server = await aServer();
  const pipeline = await post(place, server.port, { url: server.url, ordered: true }, 50, { events: 3 });
  await expect.poll(() => pipeline.counters()).toMatchObject({ out: 50, held: 0 });
  expect(server.taken).toEqual(upTo(50));
});

it("halves what is refused until the poison event stands alone", async () => {
  const place = aPlace();
  const server = await aServer((events) => (events.some(({ n }) => n === 13) ? 422 : 200));
  const pipeline = await post(place, server.port, { url: server.url }, 40);
  await expect.poll(() => pipeline.counters()).toMatchObject({ in: 40, out: 39, dead: 1, held: 0 });
  expect(sorted(server.taken)).toEqual(upTo(40).filter((n) => n !== 13));
  expect(deadLettersOf(place)).toMatchObject([{ stage: "web", reason: "the server answered 422", raw: '{"n":13}' }]);
});

it.each([500, 503, 429, 408, 302])("tries again after %d, is degraded meanwhile, and loses nothing", async (status) => {
  const place = aPlace();
  let isWell = false;
  const server = await aServer(() => (isWell ? 200 : status));
  const pipeline = await post(place, server.port, { url: server.url }, 5);
  await expect.poll(() => pipeline.health()).toBe("degraded");
  expect(pipeline.counters()).toMatchObject({ in: 5, held: 5, out: 0 });
  isWell = true;
  await expect.poll(() => pipeline.counters()).toMatchObject({ out: 5, held: 0 });
  expect(server.taken).toEqual(upTo(5));
  expect(pipeline.health()).toBe("ok");
});

it("what was not delivered is read again by the next one", async () => {
  const place = aPlace();
  const down = await aServer(() => 503);
  const first = await post(place, down.port, { url: down.url }, 5);
  await expect.poll(() => down.requests()).toBeGreaterThan(0);
  await first.drain(50);
  const up = await aServer();
  const second = await post(place, up.port, { url: up.url }, 5);
  await expect.poll(() => second.counters()).toMatchObject({ out: 5, held: 0 });
  expect(up.taken).toEqual(upTo(5));
});

it.each(["http://127.0.0.1:PORT/", "http://localhost:PORT/", "http://169.254.169.254/latest", "http://[::1]:PORT/"])(
  "does not dial %s unless it is listed",
  async (address) => {
    const place = aPlace();
    const server = await aServer();
    const pipeline = await post(place, 1, { url: address.replace("PORT", String(server.port)) }, 1);
    await vi.waitFor(() =>
      expect(pipeline.problems()).toMatchObject([{ m: expect.stringContaining("may not be dialled") }]),
    );
    expect(server.requests()).toBe(0);
    expect(pipeline.counters()).toMatchObject({ held: 1 });
  },
);

describe("the wait between two tries", () => {
  it.each([
    [1, 0, 200],
    [1, 0.5, 300],
    [8, 0, 200],
    [3, 0.5, 900],
    [100, 0.5, 15_100],
  ])("try %d at chance %d: %d ms", (attempt, chance, expected) => {
    expect(retryDelayMs(attempt, chance)).toBe(expected);
  });

  it.each([
    [200, false],
    [400, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
    [301, true],
  ])("%d is tried again: %s", (status, expected) => {
    expect(isRetried(status)).toBe(expected);
  });
});
