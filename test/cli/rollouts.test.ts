import { afterEach, describe, expect, it } from "vitest";
import { rollout, rolloutProgress, rolloutSummary } from "#core/api/examples.ts";
import { type Answers, NOW, problem, type RecordedApi, recordedApi, run } from "./recorded-api.ts";

const open: RecordedApi[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

async function serve(answers: Answers): Promise<RecordedApi> {
  const api = await recordedApi(() => answers);
  open.push(api);
  return api;
}

const ID = rollout.id;
const path = `/v1/rollouts/${ID}`;
const ok = (body: unknown) => ({ status: 200, body });
const aRollout = (over: object = {}, summary: object = {}) => ({
  ...{ ...rollout, createdAt: "2026-06-01T11:58:00.000Z", activatedAt: "2026-06-01T11:58:00.000Z" },
  spec: { ...rollout.spec, waves: [{ percent: 100 }], gates: [], onFailure: "pause" },
  summary: { ...rolloutSummary, ...summary },
  progress: rolloutProgress,
  ...over,
});
const explained = (summary: string) => ok({ summary, since: null, chain: [] });
const running = aRollout({}, { states: { updating: 3, pending: 297 } });
const succeeded = aRollout(
  { state: "succeeded", endedAt: "2026-06-01T12:00:00.000Z" },
  { state: "succeeded", states: { done: 300 }, updateMs: { p50: 18_000, p95: 31_500 } },
);
const aborted = aRollout(
  {
    ...{ state: "aborted", endedAt: "2026-06-01T12:00:00.000Z" },
    stopping: { at: "2026-06-01T11:59:00.000Z", by: "key:cpk_1", reason: "labels are lost", as: "aborted" },
  },
  {
    states: { done: 2, failed: 1 },
    failures: [{ code: "nodes-missing", count: 1, example: "net_1: 1 of 3 are back" }],
  },
);

describe("watching a rollout", () => {
  it("says each change once, as a line, and ends with what became of it", async () => {
    const { url } = await serve({
      [`GET ${path}`]: [ok(running), ok(running), ok(running), ok(succeeded)],
      [`GET ${path}/explain`]: [
        explained("3 in flight."),
        explained("3 in flight."),
        explained("A slot."),
        explained("Done."),
      ],
    });
    expect(await run(url, ["rollouts", "watch", ID])).toEqual({
      code: 0,
      err: "",
      out: [
        "2026-06-01T12:00:00.000Z  running  wave 1 of 1  3 updating, 297 pending  3 in flight.",
        "2026-06-01T12:00:02.000Z  running  wave 1 of 1  3 updating, 297 pending  A slot.",
        "2026-06-01T12:00:03.000Z  succeeded  wave 1 of 1  300 done  Done.",
        "",
        `${ID} (to release 1.5.0) ended as succeeded after 2m: 300 targets, 300 done.`,
        "One change took 18.0 s at the median, 31.5 s at p95.",
        "",
      ].join("\n"),
    });
  });

  it("is refused with the next step where it did not succeed", async () => {
    const { url } = await serve({ [`GET ${path}`]: ok(aborted), [`GET ${path}/explain`]: explained("Over.") });
    const { code, out, err } = await run(url, ["rollouts", "watch", ID]);
    expect(code).toBe(1);
    expect(out).toContain(
      "Why: labels are lost (key:cpk_1)\nFailures:\n  1 × nodes-missing, such as net_1: 1 of 3 are back\n",
    );
    expect(err).toBe(
      `cellplane: The rollout ${ID} did not succeed: it is aborted.\n` +
        `\`cellplane rollouts targets ${ID} --state failed\`\n\`cellplane rollouts retry-failed ${ID} --reason "…"\`\n`,
    );
  });

  it("is an object a line as JSON", async () => {
    const { url } = await serve({
      [`GET ${path}`]: [ok(running), ok(succeeded)],
      [`GET ${path}/explain`]: explained("x"),
    });
    const { out } = await run(url, ["rollouts", "watch", ID, "-o", "json"]);
    const objects = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(objects).toMatchObject([
      { at: "2026-06-01T12:00:00.000Z", rollout: { id: ID, state: "running" }, explanation: { summary: "x" } },
      { rollout: { state: "succeeded", summary: { states: { done: 300 } } } },
    ]);
  });

  it("waits for a control plane that breaks down meanwhile, and says so", async () => {
    const broken = problem(503, "unavailable", "Back in a moment.");
    const { url } = await serve({
      [`GET ${path}`]: [ok(running), broken, broken, ok(succeeded)],
      [`GET ${path}/explain`]: explained("x"),
    });
    const { code, out } = await run(url, ["rollouts", "watch", ID]);
    expect(code).toBe(0);
    expect(out.match(/the control plane does not answer/g)).toHaveLength(1);
  });

  it("ends at once where it was never reached, and where there is no such rollout", async () => {
    const { url, close } = await recordedApi(() => ({}));
    expect(await run(url, ["rollouts", "watch", "rol_1"])).toMatchObject({ code: 1, out: "" });
    await close();
    expect(await run(url, ["rollouts", "watch", "rol_1"])).toMatchObject({ code: 3, out: "" });
  });

  it("takes no longer than it is given", async () => {
    const { url } = await serve({ [`GET ${path}`]: ok(running), [`GET ${path}/explain`]: explained("x") });
    const { code, err } = await run(url, ["rollouts", "watch", ID, "--timeout", "5s"]);
    expect([code, err]).toEqual([4, expect.stringContaining("It goes on.")]);
  });

  it("ends by Ctrl-C, which touches nothing", async () => {
    const { url, received } = await serve({ [`GET ${path}`]: ok(running), [`GET ${path}/explain`]: explained("x") });
    let interrupt = () => {};
    let undone = false;
    const { code, err } = await run(url, ["rollouts", "watch", ID], {
      onInterrupt: (act) => {
        interrupt = act;
        return () => {
          undone = true;
        };
      },
      sleep: async () => interrupt(),
    });
    expect([code, err, undone]).toEqual([130, expect.stringContaining(`The rollout ${ID} goes on.`), true]);
    expect(new Set(received.map(({ method }) => method))).toEqual(new Set(["GET"]));
  });

  it("draws over what it drew in a terminal, and leaves the last picture there", async () => {
    const { url } = await serve({
      [`GET ${path}`]: [ok(running), ok(succeeded)],
      [`GET ${path}/explain`]: explained("x"),
    });
    const terminal = { width: 80, height: 24, environment: { CELLPLANE_URL: url, CELLPLANE_KEY: "k", NO_COLOR: "1" } };
    const { out } = await run(url, ["rollouts", "watch", ID], terminal);
    const [first = "", second = ""] = out.split("\u001b[J");
    const rows = first.split("\n").length - 1;
    expect(second).toMatch(new RegExp(`^\\r\\u001b\\[${rows}A\\u001b\\[2K${ID}`));
    const moves = out.split("\u001b").slice(1);
    expect(moves.filter((move) => !/^\[(\d+A|2K|J)/.test(move))).toEqual([]);
  });

  it.each([
    ["no terminal", {}],
    ["a dumb one", { width: 80, environment: { TERM: "dumb" } }],
  ])("moves no cursor in %s", async (_what, terminal) => {
    const { url } = await serve({ [`GET ${path}`]: ok(succeeded), [`GET ${path}/explain`]: explained("x") });
    const environment = {
      CELLPLANE_URL: url,
      CELLPLANE_KEY: "k",
      ...("environment" in terminal ? terminal.environment : {}),
    };
    expect((await run(url, ["rollouts", "watch", ID], { ...terminal, environment })).out).not.toContain("\u001b");
  });
});

describe("the report of a rollout", () => {
  const example = { network: "net_1", code: "nodes-missing", message: "1 of 3 are back", at: "" };
  const failure = { code: "nodes-missing", count: 8, networks: ["net_1"] };
  const { summary, progress: _progress, ...rollout } = aborted;
  const report = {
    ...{ rollout, summary, waves: [] },
    failures: [{ ...failure, examples: [{ ...example, excerpt: ["panic: out of labels"] }] }],
    undoFailures: [{ ...failure, count: 1, examples: [{ ...example, network: "net_2", excerpt: [] }] }],
    untouched: [{ state: "skipped", code: "pinned", count: 3, networks: [], example: "pinned at 1.4.0" }],
  };
  const answers = { [`GET ${path}/report`]: ok(report) };

  it("tells what failed, what was last heard of it, and what was not changed", async () => {
    const { url } = await serve(answers);
    const { code, out } = await run(url, ["rollouts", "report", ID]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^rol_\w+ .* ended as aborted/)]);
    expect(out).toContain("\nNot changed:\n  3 × skipped, pinned: pinned at 1.4.0\n");
    expect(out).toContain("\nnet_1 failed: 1 of 3 are back\n  panic: out of labels\n");
    expect(out).toContain("\n… and 7 more with nodes-missing\n");
    expect(out).toContain("\nnet_2 failed on the way back: 1 of 3 are back\n");
  });

  it("is whole as JSON", async () => {
    const { url } = await serve(answers);
    const { out } = await run(url, ["rollouts", "report", ID, "-o", "json"]);
    expect(JSON.parse(out)).toEqual(report);
  });
});

describe("starting a rollout", () => {
  const started = { "POST /v1/rollouts": { status: 202, body: running }, [`GET ${path}`]: ok(running) };
  const sent = ({ received }: RecordedApi) =>
    JSON.parse(received.find(({ method }) => method === "POST")?.body ?? "null");

  it.each([
    [["--release", "1.5.0"], { change: { release: "1.5.0" } }],
    [["--set", "heartbeat=10s", "--set", "retries=3"], { change: { settings: { heartbeat: "10s", retries: 3 } } }],
    [
      ["--release", "1.5.0", "--waves", "1,10%,100%", "--gate-before", "2", "--gate-after", "2", "--max-failed", "1%"],
      {
        change: { release: "1.5.0" },
        waves: [{ count: 1 }, { percent: 10 }, { percent: 100 }],
        gates: [
          { before: 2, kind: "manual" },
          { after: 2, kind: "manual" },
        ],
        maxFailed: "1%",
      },
    ],
    [
      ["--release", "1.5.0", "--from", "1.4.x", "--only-region", "eu,us", "--selector", "env=prod", "--per-cell", "2"],
      {
        change: { release: "1.5.0" },
        from: { release: "1.4.x" },
        selector: { regions: ["eu", "us"], labels: "env=prod" },
        maxConcurrent: { perCell: 2 },
      },
    ],
    [
      ["--release", "1.5.0", "--bake", "5m", "--on-failure", "rollback", "--ignore-windows", "--supersede"],
      { change: { release: "1.5.0" }, bake: "5m", onFailure: "rollback", windows: "ignore", supersede: true },
    ],
  ])("takes %j", async (flags, spec) => {
    const api = await serve(started);
    expect(await run(api.url, ["rollouts", "create", ...flags, "--reason", "r"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/State: +running/),
      err: `Next: cellplane rollouts watch ${ID}\n`,
    });
    expect(sent(api)).toEqual({ spec, reason: "r" });
  });

  it("asks for the reason where somebody can say it, and needs it where nobody can", async () => {
    const api = await serve(started);
    const line = ["rollouts", "create", "--release", "1.5.0"];
    expect(await run(api.url, line)).toMatchObject({ code: 2, err: expect.stringContaining("--reason") });
    expect(await run(api.url, line, { canAsk: true, ask: async () => " " })).toMatchObject({ code: 1 });
    expect(sent(api)).toBeNull();
    expect(await run(api.url, line, { canAsk: true, ask: async () => "asked" })).toMatchObject({ code: 0 });
    expect(sent(api)).toMatchObject({ reason: "asked" });
  });

  it.each([
    [["--waves", "some"], "10%"],
    [["--bake", "soon"], "10m"],
    [["--gate-before", "first"], "number of a wave"],
    [["--on-failure", "pray"], "rollback"],
    [["-f", "nowhere.yaml"], "nowhere.yaml"],
  ])("says what is wrong with %j before it asks anybody", async (flags, word) => {
    const { url, received } = await serve({});
    const said = await run(url, ["rollouts", "create", ...flags, "--reason", "r"]);
    expect(said).toMatchObject({ code: 2, err: expect.stringContaining(word) });
    expect(received).toEqual([]);
  });
});

describe("commanding a rollout", () => {
  it("says what it is now, and the next step", async () => {
    const { url, received } = await serve({
      [`POST ${path}/pause`]: { status: 202, body: aRollout({ state: "paused" }) },
    });
    expect(await run(url, ["rollouts", "pause", ID])).toEqual({
      code: 0,
      out: `${ID} is paused.\n`,
      err: ["resume", "abort", "roll-back"].map((verb) => `Next: cellplane rollouts ${verb} ${ID}\n`).join(""),
    });
    expect(received.map(({ body }) => body)).toEqual(["{}"]);
  });

  it("asks why, and sends again, where the API needs a reason", async () => {
    const why = problem(400, "invalid-input", "It was paused by its budget. Say why in reason.", {
      errors: [{ path: "reason", message: "is needed here" }],
    });
    const { url, received } = await serve({ [`POST ${path}/resume`]: [why, { status: 202, body: running }] });
    expect(await run(url, ["rollouts", "resume", ID], { canAsk: true, ask: async () => "seen" })).toMatchObject({
      code: 0,
    });
    expect(received.map(({ body }) => body)).toEqual(["{}", '{"reason":"seen"}']);
  });

  it("is refused with what is possible, as command lines", async () => {
    const { url } = await serve({
      [`POST ${path}/resume`]: problem(409, "not-possible-now", "Possible is: pause, pace.", {
        possible: ["pause", "pace"],
      }),
    });
    expect(await run(url, ["rollouts", "resume", ID])).toEqual({
      code: 1,
      out: "",
      err: `cellplane: Possible is: pause, pace.\n\`cellplane rollouts pause ${ID}\`\n\`cellplane rollouts pace ${ID} 10\`\n`,
    });
  });
});

describe("a freeze", () => {
  it.each([
    [["--fleet"], "--until"],
    [["--for", "2h"], "--fleet"],
    [["--fleet", "--region", "eu", "--for", "2h"], "one of"],
    [["--fleet", "--until", "tomorrow"], "RFC"],
  ])("needs one scope and an end: %j", async (flags, word) => {
    const { url, received } = await serve({});
    const said = await run(url, ["freezes", "create", ...flags, "--reason", "r"]);
    expect(said).toMatchObject({ code: 2, err: expect.stringContaining(word) });
    expect(received).toEqual([]);
  });

  it("ends so long after it begins", async () => {
    const freeze = {
      scope: { fleet: true },
      reason: "r",
      until: "2026-06-08T12:00:00.000Z",
      id: "frz_1",
      actor: "a",
      createdAt: "",
    };
    const { url, received } = await serve({ "POST /v1/freezes": { status: 201, body: freeze } });
    const { code, out } = await run(url, ["freezes", "create", "--fleet", "--for", "7d", "--reason", "r"]);
    expect([code, out]).toEqual([0, expect.stringMatching(/Scope: +the fleet\nState: +in force, 7d left/)]);
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({
      scope: { fleet: true },
      reason: "r",
      until: new Date(NOW + 7 * 86_400_000).toISOString(),
    });
  });
});
