import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { acceptance } from "../contracts/acceptance.ts";
import { undescribed } from "../described.ts";
import { call as http } from "../e2e/standalone.ts";
import { type Assembly, startAssembly } from "./assembly/assembly.ts";
import { type Cells, startCells } from "./assembly/cells.ts";
import { type Registration, startRegistration } from "./assembly/registration.ts";
import { judgeUnused } from "./assembly/unused-rights.ts";
import { home, type Json, synthesize } from "./synthesize.ts";

/** What CDK would deploy, run: nothing but cdk.out says which functions there are, what they know and what they may. */
describe("the synthesized assembly", () => {
  const folders: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "cellplane-assembly-"));
  let made: ReturnType<typeof synthesize>;
  let assembly: Assembly;
  let cells: Cells;

  const call = async (method: string, path: string, body?: unknown, given: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${assembly.key}`, ...given };
    const answer = await http(`${assembly.url}${path}`, { method, body, headers });
    const { status, text } = answer;
    expect(undescribed(method, path, { status, contentType: answer.headers.get("content-type"), text })).toEqual([]);
    return answer;
  };
  const ended = async (operation: string) => {
    const state = async (): Promise<string> => {
      const { json } = await call("GET", `/v1/operations/${operation}?wait=20`);
      // What waits to be tried again waits for the sweep, whose schedule is put forward.
      if (json.state === "pending") assembly.events.pass(1);
      return json.state;
    };
    await expect.poll(state, { timeout: 100_000 }).toMatch(/succeeded|failed|cancelled/);
    return (await call("GET", `/v1/operations/${operation}`)).json;
  };
  const create = async (name: string) => (await call("POST", "/v1/orgs/default/networks", { name })).json;

  beforeAll(async () => {
    made = synthesize(home);
    assembly = await startAssembly({
      folder: made.folder,
      stack: "cellplane-control-plane-eu-central-1",
      region: "eu-central-1",
      dynamo: inject("dynamoEndpoint"),
      log: folder,
      visitors: ["cellplane-eu-1-register-cell"],
    });
    await assembly.follow();
    cells = await startCells({ data: join(folder, "data"), controlPlane: assembly.url, key: assembly.key, count: 1 });
    const joined = async () => typeof (await call("GET", `/v1/cells/${cells.ids[0]}`)).json.url === "string";
    await vi.waitUntil(joined, { timeout: 120_000, interval: 200 });
    assembly.events.pass(1);
  }, 300_000);
  afterAll(async () => {
    await cells?.close();
    await assembly?.close();
    rmSync(folder, { recursive: true, force: true });
    for (const each of [made.folder, ...folders]) rmSync(each, { recursive: true, force: true });
  });

  it("answers at its own door and knows nobody without a key", async () => {
    expect((await call("GET", "/readyz")).status).toBe(200);
    expect((await http(`${assembly.url}/v1/me`, {})).status).toBe(401);
    expect((await call("GET", "/v1/me")).status).toBe(200);
  });

  describe("what every control plane is accepted by", () => {
    acceptance(() => ({
      ...{ data: join(folder, "data"), url: assembly.url, key: assembly.key, call },
      // What happens while nobody follows the stream is never told: the schedule of the sweep is all that is left.
      async unheard(act) {
        await assembly.unfollow();
        const done = await act();
        const found = async () => {
          assembly.events.pass(1);
          return (await call("GET", `/v1/operations/${done.json.operation.id}`)).json.attempt;
        };
        await expect.poll(found, { interval: 1_000 }).toBeGreaterThan(1);
        await assembly.follow();
        return done;
      },
    }));
  });

  it("runs on schedules because the template says so, each as often as it says", async () => {
    const { events } = assembly;
    expect([...events.schedules].sort()).toEqual([
      ["canary", 10],
      ["key-ages", 60],
      ["meter", 5],
      ["sweep", 1],
      ["watch-cells", 1],
    ]);
    events.pass(60);
    const results = (rule: string) => events.fired(rule).flatMap((each) => ("result" in each ? [each.result] : []));
    for (const rule of events.schedules.keys())
      await expect.poll(() => results(rule).length, { timeout: 100_000 }).toBeGreaterThan(0);
    expect(results("key-ages")[0].signingDays).toBeGreaterThan(0);
    expect(results("key-ages")[0].signingDays).toBeLessThan(1);
    expect(results("watch-cells")[0]).toMatchObject({ failed: 0 });
    expect(results("sweep")[0]).toMatchObject({ started: expect.any(Number) });
    expect(results("meter")[0]).toMatchObject({ booked: expect.any(Number) });
    // The canary has made a network and taken it away again, by the public door and with its own key; or it would have failed.
    expect(results("canary")[0]).toBeNull();
  });

  describe("the registration of a cell's stack", () => {
    let registration: Registration;
    beforeAll(async () => {
      registration = await startRegistration(assembly, inject("bundles")["register-cell"] ?? "", folder);
    });
    afterAll(() => registration?.close());
    const cellNamed = async (name: string) =>
      (await call("GET", "/v1/cells")).json.items.find((cell: Json) => cell.name === name);
    const place = "/api/v1/namespaces/cellplane-system/secrets/cellplane-join";
    const token = () => Buffer.from(registration.cluster.secrets.get(place).data.token, "base64").toString();

    it("makes the cell known and lays its token where the agent waits, past template and log", async () => {
      const made = await registration.tell("Create", "eu-1");
      expect(made).toMatchObject({ Status: "SUCCESS", PhysicalResourceId: "eu-1" });
      expect(await cellNamed("eu-1")).toMatchObject({
        id: made.Data?.Id,
        region: "eu-central-1",
        limits: { networks: 200 },
        labels: { eks: "cellplane-eu-1" },
      });
      expect(token()).toMatch(/^cpj_/);
      expect([...registration.cluster.callers]).toEqual(["cellplane-eu-1-register-cell"]);
      expect(JSON.stringify(made)).not.toContain(token());
      for (const file of readdirSync(folder).filter((name) => name.endsWith(".log")))
        expect(readFileSync(join(folder, file), "utf8")).not.toContain(token());
    });

    it("changes nothing when it is told twice", async () => {
      const [before, first] = [await cellNamed("eu-1"), token()];
      expect(await registration.tell("Create", "eu-1")).toMatchObject({ Status: "SUCCESS" });
      expect(await registration.tell("Update", "eu-1")).toMatchObject({ Status: "SUCCESS" });
      expect(await cellNamed("eu-1")).toMatchObject({ id: before.id, labels: before.labels });
      expect(token()).toBe(first);
    });

    it("does not take another's cell for its own, neither to change nor to delete it", async () => {
      expect(await registration.tell("Create", "cell-1")).toMatchObject({
        Status: "FAILED",
        Reason: expect.stringMatching(/There is a cell cell-1 already, which is not this cluster/),
      });
      expect(await registration.tell("Delete", "cell-1")).toMatchObject({ Status: "SUCCESS" });
      expect(await cellNamed("cell-1")).toBeDefined();
    });

    it("deletes a cell that holds nothing, and what is gone already", async () => {
      expect(await registration.tell("Delete", "eu-1")).toMatchObject({ Status: "SUCCESS" });
      expect(await cellNamed("eu-1")).toBeUndefined();
      expect(await registration.tell("Delete", "eu-1")).toMatchObject({ Status: "SUCCESS" });
    });

    it("does not let a cell go that holds networks, and says how many", async () => {
      const { network, operation } = await create("holds");
      await ended(operation.id);
      const labels = { labels: { eks: "cellplane-eu-1" } };
      const merge = { "if-match": "*", "content-type": "application/merge-patch+json" };
      await call("PATCH", `/v1/cells/${cells.ids[0]}`, labels, merge);
      expect(await registration.tell("Delete", "cell-1")).toMatchObject({
        Status: "FAILED",
        Reason: expect.stringMatching(/cell-1 holds 1 network\./),
      });
      const gone = await call("DELETE", `/v1/networks/${network.id}`, undefined, { "if-match": "*" });
      await ended(gone.json.operation.id);
    });
  });

  it("hands back at once what lost its execution: a rule of the template hears of it", async () => {
    const { network, operation } = await create("handed-back");
    await vi.waitFor(() => assembly.stop(operation.id, "by hand"), { timeout: 30_000, interval: 50 });
    const read = async () => (await call("GET", `/v1/operations/${operation.id}`)).json;
    const attempt = async () => {
      assembly.events.pass(1);
      return (await read()).attempt;
    };
    await expect.poll(attempt, { interval: 1_000 }).toBeGreaterThan(1);
    expect(await ended(operation.id)).toMatchObject({ state: "succeeded" });
    // Not because its lease ran out, of which no timeline says anything.
    expect((await read()).timeline).toContainEqual(
      expect.objectContaining({ outcome: "waiting", detail: expect.stringContaining("Something broke on our side") }),
    );
    const gone = await call("DELETE", `/v1/networks/${network.id}`, undefined, { "if-match": "*" });
    await ended(gone.json.operation.id);
  });

  it("keeps the end of an execution that says nothing readable for a person", async () => {
    const stateMachineArn = "arn:aws:states:eu-central-1:111111111111:stateMachine:cellplane-converge-network";
    const detail = { stateMachineArn, status: "FAILED", name: "unreadable", input: "{" };
    assembly.events.put({ source: "aws.states", "detail-type": "Step Functions Execution Status Change", detail });
    await expect.poll(() => assembly.deadLetters().join()).toContain('"name":"unreadable"');
  });

  it("writes at the home alone: after a fail-over the old home only reads, and takes over again by the next epoch", async () => {
    await expect(assembly.invoke("take-home", { epoch: 7 })).rejects.toMatchObject({ name: "conflict" });
    expect(await assembly.invoke("take-home", { epoch: 1 })).toEqual({ epoch: 2, home: "eu-central-1" });
    expect(await assembly.invoke("take-home", { epoch: 1 })).toEqual({ epoch: 2, home: "eu-central-1" });
    const { operation } = await create("after");
    expect(await ended(operation.id)).toMatchObject({ state: "succeeded" });
  });

  it("keeps a record that cannot be followed for a person, and follows all others", async () => {
    await assembly.poison("op_poison");
    const { operation } = await create("beside-poison");
    expect(await ended(operation.id)).toMatchObject({ state: "succeeded" });
    await expect.poll(() => assembly.deadLetters()).toContain("op_poison");
  });

  it("shows the API's reference in a browser, its script compressed", async () => {
    const page = await fetch(`${assembly.url}/docs`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    for (const [, script = ""] of (await page.text()).matchAll(/script src="([^"]+)"/g)) {
      const answer = await fetch(`${assembly.url}${script}`);
      expect([script, answer.status]).toEqual([script, 200]);
      expect(await answer.text()).toMatch(/Scalar/);
    }
    expect((await fetch(`${assembly.url}/docs/elsewhere.js`)).status).toBe(404);
  });

  it("lets the pages of the console call, and no others", async () => {
    const allowed = async (origin: string) =>
      (await fetch(`${assembly.url}/readyz`, { headers: { origin } })).headers.get("access-control-allow-origin");
    expect(await allowed("https://console.cells.example.com")).toBe("https://console.cells.example.com");
    expect(await allowed("https://elsewhere.example.com")).toBeNull();
  });

  it("comes in as its own canary, with a key that may nothing else", async () => {
    const canary = await assembly.secret("cellplane/canary-key");
    const me = await http(`${assembly.url}/v1/me`, { headers: { authorization: `Bearer ${canary}` } });
    expect(me.status).toBe(200);
    const cellsOf = await http(`${assembly.url}/v1/cells`, { headers: { authorization: `Bearer ${canary}` } });
    expect(cellsOf.status).toBe(403);
  });

  it("rotates the key that signs calls to cells, by overlap: announced by the old one, and then alone", async () => {
    const deployed = async (cellCallKeys: string) => {
      const next = synthesize({ ...home, cellCallKeys });
      folders.push(next.folder);
      await assembly.deploy(next.folder);
    };
    const works = async (name: string) => {
      const { network, operation } = await create(name);
      expect(await ended(operation.id)).toMatchObject({ state: "succeeded" });
      const gone = await call("DELETE", `/v1/networks/${network.id}`, undefined, { "if-match": "*" });
      expect(await ended(gone.json.operation.id)).toMatchObject({ state: "succeeded" });
    };
    await deployed("1,2");
    expect(await assembly.invoke("announce-keys", {})).toEqual({ pinned: ["cell-1"], left: [] });
    await deployed("2,1");
    await works("signed-by-the-next");
    await deployed("2");
    expect(await assembly.invoke("announce-keys", {})).toEqual({ pinned: ["cell-1"], left: [] });
    await works("signed-by-the-next-alone");
    // The cell knows the old one no more.
    await deployed("1");
    expect(await assembly.invoke("announce-keys", {})).toMatchObject({ pinned: [], left: [{ cell: "cell-1" }] });
    await deployed("2");
    await works("signed-by-what-is-pinned");
  });

  it("pauses a rollout whose execution a person stops: a rule of the template hears of it", async () => {
    await ended((await create("rolled")).operation.id);
    const versions = ["0.1.x"];
    await call("POST", "/v1/releases", { version: "0.2.0", upgradesFrom: versions, downgradesTo: versions });
    const spec = { change: { release: "0.2.0" }, gates: [{ before: 1, kind: "manual" }] };
    const { json } = await call("POST", "/v1/rollouts", { spec, reason: "test" });
    // What no signal begins waits for the sweep, whose schedule is put forward here.
    const read = async (path = "") => {
      assembly.events.pass(1);
      return (await call("GET", `/v1/rollouts/${json.id}${path}`)).json;
    };
    const often = { interval: 1_000 };
    await expect.poll(async () => JSON.stringify(await read("/explain")), often).toContain("approved");
    await assembly.stop(json.id, "enough");
    await expect.poll(async () => (await read()).state, often).toBe("paused");
    expect((await read()).paused.reason).toBe("its execution was stopped in Step Functions: enough");
    await call("POST", `/v1/rollouts/${json.id}/abort`, { reason: "it was a test" });
    await expect.poll(async () => (await read()).state, often).toBe("aborted");
  });

  it("asked for nothing that the template does not allow, and reports the rights that no call used", async () => {
    const table = "arn:aws:dynamodb:eu-central-1:111111111111:table/cellplane-intent";
    expect(await assembly.mayDo("apply-network", "dynamodb:DeleteItem", table)).toBe(false);
    expect(await assembly.mayDo("place-network", "dynamodb:GetItem", `${table}-other`)).toBe(false);
    expect(assembly.denied).toEqual([]);
    expect(judgeUnused(assembly.unusedRights())).toEqual({ unexplained: [], stale: [] });
  });
});
