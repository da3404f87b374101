import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import {
  type Answers,
  aNetwork,
  anOperation,
  NET,
  NOW,
  OP,
  problem,
  type RecordedApi,
  recordedApi,
  run,
} from "./recorded-api.ts";

const open: RecordedApi[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

async function serve(answers: Answers | ((url: string) => Answers)): Promise<RecordedApi> {
  const api = await recordedApi(typeof answers === "function" ? answers : () => answers);
  open.push(api);
  return api;
}

const list = "GET /v1/orgs/default/networks?limit=200";
const ok = (body: unknown) => ({ status: 200, body });

describe("networks", () => {
  it("are listed as an aligned table with ages", async () => {
    const { url, received } = await serve({ [list]: ok({ items: [aNetwork(), aNetwork({ name: "lab" })] }) });
    expect(await run(url, ["networks", "list"])).toEqual({
      code: 0,
      err: "",
      out: [
        "NAME       PHASE  NODES  RELEASE  REGION  AGE",
        "factory-7  ready  12/14  0.1.0    local   3m",
        "lab        ready  12/14  0.1.0    local   3m",
        "",
      ].join("\n"),
    });
    expect(received[0]?.headers.authorization).toBe("Bearer cpk_test");
  });

  it("are listed whole, whatever the number of pages", async () => {
    const { url } = await serve({
      [list]: ok({ items: [aNetwork()], next: "c/1" }),
      [`${list}&cursor=c%2F1`]: ok({ items: [aNetwork({ name: "lab" })] }),
    });
    expect((await run(url, ["networks", "list", "-o", "name"])).out).toBe("factory-7\nlab\n");
  });

  it("come as the API's own JSON and as YAML", async () => {
    const { url } = await serve({ [list]: ok({ items: [aNetwork()] }), [`GET /v1/networks/${NET}`]: ok(aNetwork()) });
    expect(JSON.parse((await run(url, ["networks", "list", "-o", "json"])).out)).toEqual({ items: [aNetwork()] });
    expect(parseYaml((await run(url, ["networks", "get", NET, "-o", "yaml"])).out)).toEqual(aNetwork());
  });

  it("say what to do when there is none", async () => {
    const { url } = await serve({ [list]: ok({ items: [] }) });
    expect(await run(url, ["networks", "list"])).toEqual({
      code: 0,
      out: "",
      err: "There is no network yet. Make one: cellplane networks create NAME --wait\n",
    });
  });

  it("are made with an idempotency key, and watched step by step", async () => {
    const running = { state: "running", step: "ObserveNetwork" };
    const waits = [
      { at: "2026-06-01T11:57:01.000Z", step: "ObserveNetwork", outcome: "waiting", detail: "pods start" },
    ];
    const { url, received } = await serve({
      "POST /v1/orgs/default/networks": { status: 202, body: { network: aNetwork(), operation: anOperation() } },
      [`GET /v1/operations/${OP}?wait=0`]: [
        ok(anOperation()),
        ok(anOperation({ state: "running", step: "PlaceNetwork" })),
        ok(anOperation({ ...running, timeline: waits })),
        ok(anOperation({ ...running, timeline: waits })),
        ok(anOperation({ state: "succeeded" })),
      ],
      [`GET /v1/networks/${NET}`]: ok(aNetwork()),
    });
    const { code, out, err } = await run(url, ["networks", "create", "factory-7", "--label", "env=prod", "--wait"]);
    expect(code).toBe(0);
    expect(err.split("\n").map((line) => line.trim().replace(/^[\d.]+ s +/, ""))).toEqual([
      "pending",
      "PlaceNetwork",
      "ObserveNetwork: pods start",
      "succeeded",
      "",
    ]);
    expect(out).toMatch(/^Phase: +ready$/m);
    expect(received[0]?.headers["idempotency-key"]).toMatch(/\S{16,}/);
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({ name: "factory-7", labels: { env: "prod" } });
  });

  it("are deleted only when somebody says so", async () => {
    const { url, received } = await serve({
      [list]: ok({ items: [aNetwork()] }),
      [`DELETE /v1/networks/${NET}`]: { status: 202, body: { network: aNetwork(), operation: anOperation() } },
    });
    const unasked = await run(url, ["networks", "delete", "factory-7"]);
    expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    const declined = await run(url, ["networks", "delete", "factory-7"], { canAsk: true, ask: async () => "n" });
    expect(declined).toMatchObject({ code: 1, err: "cellplane: Nothing was done.\n" });
    expect(received.some(({ method }) => method === "DELETE")).toBe(false);

    const agreed = await run(url, ["networks", "delete", "factory-7"], { canAsk: true, ask: async () => "y" });
    expect(agreed).toMatchObject({ code: 0, err: expect.stringContaining(`operations watch ${OP}`) });
    expect(received.at(-1)).toMatchObject({ method: "DELETE", headers: { "if-match": "*" } });
  });
});

describe("exit codes", () => {
  it("1 when refused: the API's sentence, every wrong field, the next step", async () => {
    const errors = [
      { path: "name", message: "must be lower case" },
      { path: "plan", message: "must be a plan" },
    ];
    const { url } = await serve({
      "POST /v1/orgs/default/networks": problem(400, "invalid-input", "Two fields are wrong.", { errors }),
      [list]: problem(401, "unauthenticated", "This key is not known."),
    });
    expect(await run(url, ["networks", "create", "X"])).toMatchObject({
      code: 1,
      out: "",
      err: "cellplane: Two fields are wrong.\n  name: must be lower case\n  plan: must be a plan\n",
    });
    expect((await run(url, ["networks", "list"])).err).toMatch(
      /^cellplane: This key is not known\.\nCheck CELLPLANE_KEY/,
    );
    expect(await run(url, ["networks", "get", NET])).toMatchObject({
      code: 1,
      err: expect.stringContaining("nothing at"),
    });
  });

  it("1 when what was waited for failed", async () => {
    const error = { type: "urn:cellplane:no-capacity", title: "", detail: "No cell has room.", retryable: true };
    const { url } = await serve({ [`GET /v1/operations/${OP}?wait=0`]: ok(anOperation({ state: "failed", error })) });
    const { code, err } = await run(url, ["operations", "watch", OP]);
    expect(code).toBe(1);
    expect(err).toContain("cellplane: No cell has room.\n");
  });

  it.each([
    ["an unknown noun", ["netwroks", "list"], "netwroks"],
    ["an unknown verb", ["networks", "lst"], "lst"],
    ["a missing argument", ["networks", "get"], "network"],
    ["an unknown option", ["networks", "list", "--al"], "--al"],
    ["an unknown format", ["networks", "list", "-o", "csv"], "csv"],
    ["a label without a value", ["networks", "create", "x", "--label", "env"], "name=value"],
    ["a duration that is none", ["operations", "watch", OP, "--timeout", "soon"], "10m"],
    ["a selector and --all", ["deployments", "create", "--pipeline", "p", "--all", "--selector", "a=b"], "--all"],
    ["no selector", ["deployments", "create", "--pipeline", "p"], "--selector"],
    ["a file that is not there", ["pipelines", "create", "none.yaml"], "none.yaml"],
  ])("2 for %s, without asking anybody", async (_name, args, word) => {
    const { url, received } = await serve({});
    const { code, out, err } = await run(url, args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(word);
    expect(received).toEqual([]);
  });

  it("3 when nobody listens", async () => {
    const { url, close } = await recordedApi(() => ({}));
    await close();
    const { code, err } = await run(url, ["networks", "list"]);
    expect(code).toBe(3);
    expect(err).toMatch(/cannot be reached: nothing listens there\.?\nIs it running\?/);
  });

  it("4 when it took longer than was given, and says that it goes on", async () => {
    const { url } = await serve({ [`GET /v1/operations/${OP}?wait=0`]: ok(anOperation()) });
    const { code, err } = await run(url, ["operations", "watch", OP, "--timeout", "900ms"]);
    expect(code).toBe(4);
    expect(err).toContain(`operations watch ${OP}`);
  });

  it.each([[["--help"]], [["networks", "--help"]], [["networks", "create", "--help"]], [["--version"]]])(
    "0 for %s",
    async (args) => {
      expect(await run("http://127.0.0.1:1", args)).toMatchObject({ code: 0, err: "" });
    },
  );

  it("has examples for every verb", async () => {
    const { out } = await run("http://127.0.0.1:1", ["--help"]);
    const nouns = [...out.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, noun]) => noun ?? "");
    expect(nouns).toContain("deployments");
    for (const noun of nouns) {
      const help = await run("http://127.0.0.1:1", [noun, "--help"]);
      const verbs = [...help.out.matchAll(/^ {2}(\w+) (?:\[|<)/gm)].map(([, verb]) => verb ?? "");
      expect(verbs.length).toBeGreaterThan(0);
      for (const verb of verbs)
        expect((await run("http://127.0.0.1:1", [noun, verb, "--help"])).out).toContain(`$ cellplane ${noun} ${verb}`);
    }
  });
});

describe("inside a network", () => {
  const inside = (url: string, more: Answers): Answers => ({
    [list]: ok({ items: [aNetwork({ endpoints: { api: url, nats: "tls://127.0.0.1:1" } })] }),
    [`POST /v1/networks/${NET}/token`]: {
      status: 201,
      body: { token: "network-token", expiresAt: new Date(NOW + 900_000).toISOString() },
    },
    ...more,
  });

  it("a network token is fetched once and used, never the key", async () => {
    const { url, received } = await serve((here) =>
      inside(here, {
        "GET /v1/workspaces/default/nodes?limit=200": ok({ items: [], next: "more" }),
        "GET /v1/workspaces/default/nodes?limit=200&cursor=more": ok({ items: [] }),
      }),
    );
    const { code, err } = await run(url, ["nodes", "list"]);
    expect(code).toBe(0);
    expect(err).toContain("There is no node yet.");
    expect(received.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ["/v1/orgs/default/networks?limit=200", "Bearer cpk_test"],
      [`/v1/networks/${NET}/token`, "Bearer cpk_test"],
      ["/v1/workspaces/default/nodes?limit=200", "Bearer network-token"],
      ["/v1/workspaces/default/nodes?limit=200&cursor=more", "Bearer network-token"],
    ]);
  });

  it("a new token's secret is all that goes to stdout", async () => {
    const token = { id: "tok_1", name: "edge", maxUses: 1, expiresAt: null };
    const made = { status: 201, body: { token, secret: "cpt1_abc" } };
    const { url, received } = await serve((here) => inside(here, { "POST /v1/workspaces/line-2/tokens": made }));
    const said = await run(url, ["tokens", "create", "edge", "--workspace", "line-2", "--max-uses", "unlimited"]);
    expect(said).toMatchObject({ code: 0, out: "cpt1_abc\n" });
    expect(said.err).not.toContain("cpt1_abc");
    expect(JSON.parse(received.at(-1)?.body ?? "")).toEqual({ name: "edge", maxUses: null });
    const json = await run(url, ["tokens", "create", "edge", "--workspace", "line-2", "-o", "json"]);
    expect(JSON.parse(json.out)).toEqual({ token, secret: "cpt1_abc" });
  });

  it("a network that is not up yet is no riddle", async () => {
    const { url } = await serve({
      [list]: ok({ items: [aNetwork({ status: { ...aNetwork().status, phase: "pending" } })] }),
    });
    expect(await run(url, ["nodes", "list"])).toMatchObject({ code: 1, err: expect.stringContaining("is pending") });
  });

  it("several networks: it has to be said which one", async () => {
    const { url } = await serve({ [list]: ok({ items: [aNetwork(), aNetwork({ name: "lab" })] }) });
    expect(await run(url, ["nodes", "list"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("factory-7, lab"),
    });
  });

  describe("pipelines", () => {
    const folder = mkdtempSync(join(tmpdir(), "cellplane-cli-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const yaml = "# kept as it is\nv: 1\nname: logs\n";
    writeFileSync(join(folder, "logs.yaml"), yaml);
    writeFileSync(join(folder, "nameless.yaml"), "v: 1\n");

    it("are published under the name in the file, the text untouched", async () => {
      const revision = { name: "logs", rev: 3, sha256: "0", createdAt: "", createdBy: "" };
      const { url, received } = await serve((here) =>
        inside(here, {
          "PUT /v1/workspaces/default/pipelines/logs": { status: 201, body: { pipeline: {}, revision } },
        }),
      );
      const said = await run(url, ["pipelines", "create", "logs.yaml"], { directory: folder });
      expect(said).toMatchObject({ code: 0, out: "logs@3\n", err: expect.stringContaining("deployments create") });
      expect(received.at(-1)).toMatchObject({ body: yaml, headers: { "content-type": "application/yaml" } });
    });

    it("that are wrong are told mistake by mistake", async () => {
      const errors = [{ path: "inputs", message: "must have at least one" }];
      const { url } = await serve((here) =>
        inside(here, { "POST /v1/workspaces/default/pipelines/logs/validate": ok({ valid: false, errors }) }),
      );
      const said = await run(url, ["pipelines", "validate", "logs.yaml"], { directory: folder });
      expect(said).toMatchObject({ code: 1, err: expect.stringContaining("  inputs: must have at least one") });
      const nameless = await run(url, ["pipelines", "create", "nameless.yaml"], { directory: folder });
      expect(nameless).toMatchObject({ code: 1, err: expect.stringContaining("no `name`") });
    });
  });
});

describe("whom it talks to", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-context-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bearerOf = (api: RecordedApi) => api.received.at(-1)?.headers.authorization;

  it("is said by a context file, else by a running npm start beneath the working directory", async () => {
    const api = await serve({ [list]: ok({ items: [] }) });
    const data = join(folder, ".cellplane");
    mkdirSync(data);
    writeFileSync(join(data, "endpoints.json"), JSON.stringify({ controlPlane: { url: api.url, pid: 1 } }));
    writeFileSync(join(data, "admin-key"), "cpk_admin\n");
    const place = { directory: folder, home: folder, environment: {} };
    expect((await run("", ["networks", "list"], place)).code).toBe(0);
    expect(bearerOf(api)).toBe("Bearer cpk_admin");

    mkdirSync(join(folder, ".config", "cellplane"), { recursive: true });
    writeFileSync(
      join(folder, ".config", "cellplane", "context.json"),
      JSON.stringify({ url: api.url, key: "cpk_context" }),
    );
    await run("", ["networks", "list"], place);
    expect(bearerOf(api)).toBe("Bearer cpk_context");
    await run("", ["networks", "list"], {
      ...place,
      environment: { CELLPLANE_URL: api.url, CELLPLANE_KEY: "cpk_environment" },
    });
    expect(bearerOf(api)).toBe("Bearer cpk_environment");
  });

  it.each([
    ["nothing at all", {}, "CELLPLANE_URL and CELLPLANE_KEY"],
    ["half of it", { CELLPLANE_URL: "http://127.0.0.1:1" }, "CELLPLANE_KEY is not set"],
    ["no URL", { CELLPLANE_URL: "here", CELLPLANE_KEY: "k" }, "here is not a URL"],
    ["a context file that is not there", { CELLPLANE_CONTEXT: "/nowhere/c.json" }, "no context file /nowhere/c.json"],
  ])("has to be said: %s is a mistake of usage", async (_name, environment, sentence) => {
    const said = await run("", ["networks", "list"], { environment });
    expect(said).toMatchObject({ code: 2, out: "", err: expect.stringContaining(sentence) });
  });
});
