import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  type Answers,
  aNetwork,
  anOperation,
  NET,
  problem,
  type RecordedApi,
  recordedApi,
  run,
} from "./recorded-api.ts";

const open: RecordedApi[] = [];
const directory = mkdtempSync(join(tmpdir(), "cellplane-cli-"));
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function serve(answers: Answers): Promise<RecordedApi> {
  const api = await recordedApi(() => answers);
  open.push(api);
  return api;
}

const aRelease = (over: object = {}) => ({
  ...{ version: "1.5.0", images: {}, notes: "", minEdge: null, minAgent: null },
  settingsSchema: { type: "object", properties: { retries: { type: "integer" } }, additionalProperties: false },
  ...{ upgradesFrom: ["1.4.x"], downgradesTo: [], publishedAt: "2026-06-01T11:57:00.000Z" },
  ...{ withdrawn: null, channels: ["rapid"] },
  ...over,
});
const ok = (body: unknown) => ({ status: 200, body });

describe("releases", () => {
  it("are listed with the channels that carry them", async () => {
    const withdrawn = { at: "2026-06-01T11:58:00.000Z", reason: "it leaks" };
    const items = [
      aRelease(),
      aRelease({ version: "1.4.0", channels: [], withdrawn }),
      aRelease({ version: "1.3.0", channels: [] }),
    ];
    const { url } = await serve({ "GET /v1/releases?limit=200": ok({ items }) });
    expect(await run(url, ["releases", "list"])).toEqual({
      code: 0,
      err: "",
      out: [
        "VERSION  CHANNELS   AGE",
        "1.5.0    rapid      3m",
        "1.4.0    withdrawn  3m",
        "1.3.0    -          3m",
        "",
      ].join("\n"),
    });
  });

  it.each([
    ["release.yaml", 'version: 1.5.0\nupgradesFrom: ["1.4.x"]\n'],
    ["release.json", '{ "version": "1.5.0", "upgradesFrom": ["1.4.x"] }'],
  ])("are published from %s", async (file, text) => {
    writeFileSync(join(directory, file), text);
    const { url, received } = await serve({ "POST /v1/releases": { status: 201, body: aRelease({ channels: [] }) } });
    const { code, out, err } = await run(url, ["releases", "publish", file], { directory });
    expect([code, out, err]).toEqual([
      0,
      expect.stringMatching(/Version: +1\.5\.0\n.*Upgrades from: +1\.4\.x/s),
      "Next: cellplane releases promote 1.5.0 --channel rapid\n",
    ]);
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({ version: "1.5.0", upgradesFrom: ["1.4.x"] });
    expect(received[0]?.headers["idempotency-key"]).toBeDefined();
  });

  it("are promoted to a channel, which has to be named", async () => {
    const { url, received } = await serve({ "POST /v1/releases/1.5.0/promote": ok(aRelease()) });
    expect(await run(url, ["releases", "promote", "1.5.0"])).toMatchObject({ code: 2 });
    expect(await run(url, ["releases", "promote", "1.5.0", "--channel", "rapid"])).toMatchObject({ code: 0 });
    expect(received.map(({ body }) => body)).toEqual(['{"channel":"rapid"}']);
  });

  it("are withdrawn with a reason, by somebody who is sure", async () => {
    const { url, received } = await serve({ "POST /v1/releases/1.5.0/withdraw": ok(aRelease()) });
    const line = ["releases", "withdraw", "1.5.0", "--reason", "it leaks"];
    expect(await run(url, line)).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(await run(url, [...line, "--yes"])).toMatchObject({ code: 0 });
    expect(received.map(({ body }) => body)).toEqual(['{"reason":"it leaks"}']);
  });

  it.each([
    [["releases", "publish", "nowhere.yaml"], 2, "There is no file nowhere.yaml."],
    [["releases", "get", "9.9.9"], 1, "There is nothing at /v1/releases/9.9.9."],
  ])("say what is wrong: %o", async (line, code, message) => {
    const { url } = await serve({});
    expect(await run(url, line, { directory })).toMatchObject({ code, out: "", err: expect.stringContaining(message) });
  });
});

describe("a network", () => {
  const path = `PATCH /v1/networks/${NET}`;
  const get = { [`GET /v1/networks/${NET}`]: ok(aNetwork()) };

  it("is moved to another release", async () => {
    const network = aNetwork({ release: "1.5.0", resolvedRelease: "1.5.0" });
    const { url, received } = await serve({
      ...get,
      [path]: { status: 202, body: { network, operation: anOperation() } },
    });
    const { code, out } = await run(url, ["networks", "update", NET, "--release", "1.5.0"]);
    expect([code, out]).toEqual([0, expect.stringMatching(/Release: +0\.1\.0 → 1\.5\.0 \(pinned\)/)]);
    expect(received[1]).toMatchObject({ body: '{"release":"1.5.0"}', headers: { "if-match": "*" } });
  });

  it("follows its channel again", async () => {
    const { url, received } = await serve({
      ...get,
      [path]: { status: 202, body: { network: aNetwork(), operation: anOperation() } },
    });
    expect(await run(url, ["networks", "update", NET, "--unpin"])).toMatchObject({ code: 0 });
    expect(received[1]?.body).toBe('{"release":null}');
    expect(await run(url, ["networks", "update", NET, "--unpin", "--release", "1.5.0"])).toMatchObject({ code: 2 });
  });

  it("hears where it can go", async () => {
    const detail = "0.3.0 cannot be reached from 0.1.0: 0.3.0 may follow 0.2.x. From 0.1.0 it can go to 0.2.0.";
    const { url } = await serve({ ...get, [path]: problem(409, "not-possible-now", detail) });
    const refused = await run(url, ["networks", "update", NET, "--release", "0.3.0"]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(detail) });
  });
});
