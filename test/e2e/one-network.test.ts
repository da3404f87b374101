import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  aFolder,
  bootstrapNode,
  call,
  type EdgeProcess,
  processesOf,
  type ReadyNetwork,
  removeFolder,
  runBin,
  type Standalone,
  startNode,
  startStandalone,
} from "./standalone.ts";

/** From POST to a connected edge node that runs a pipeline, and away again, through the public doors alone. */
describe("one network on one machine", () => {
  const folder = aFolder();
  const data = join(folder, "data");
  const node = join(folder, "node");
  const source = join(folder, "app.log");
  const target = join(folder, "out.jsonl");
  let plane: Standalone;
  let edge: EdgeProcess | undefined;
  let network: Pick<ReadyNetwork, "id" | "api" | "nats" | "call">;

  const cli = (...args: string[]) =>
    runBin("cellplane", args, { CELLPLANE_URL: plane.url, CELLPLANE_KEY: plane.key, CELLPLANE_NETWORK: "factory-7" });

  beforeAll(async () => {
    plane = await startStandalone(data);
  }, 120_000);
  afterAll(async () => {
    edge?.kill("SIGKILL");
    await plane?.stop();
    removeFolder(folder);
  });

  it("keeps its keys to itself", () => {
    for (const file of ["admin-key", "intent.db", "keys/cell-calls.json", "keys/network-tokens.json"])
      expect([file, statSync(join(data, file)).mode & 0o777]).toEqual([file, 0o600]);
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  it("makes a network ready that says where it is", async () => {
    const { status, headers, json } = await plane.call(
      "POST",
      "/v1/orgs/default/networks?wait=20",
      { name: "factory-7" },
      { "idempotency-key": "one" },
    );
    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/v1/operations/${json.operation.id}`);
    expect(json.operation).toMatchObject({ kind: "create", state: "succeeded", error: null });
    expect(json.network).toMatchObject({
      generation: 1,
      operation: null,
      placement: {
        cell: expect.stringMatching(/^cel_/),
        reasons: expect.arrayContaining([expect.stringContaining("places free")]),
      },
      endpoints: {
        api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        nats: expect.stringMatching(/^tls:\/\/127\.0\.0\.1:\d+$/),
      },
      status: {
        phase: "ready",
        observedGeneration: 1,
        fresh: true,
        reachable: { api: true, nats: true },
        nodes: { online: 0, total: 0 },
      },
    });
    const { id, endpoints } = json.network;
    network = {
      id,
      api: endpoints.api,
      nats: endpoints.nats,
      async call(method, path, body) {
        const { json: made } = await plane.call("POST", `/v1/networks/${id}/token`);
        return call(`${endpoints.api}${path}`, { method, body, headers: { authorization: `Bearer ${made.token}` } });
      },
    };
    const again = await plane.call(
      "POST",
      "/v1/orgs/default/networks",
      { name: "factory-7" },
      { "idempotency-key": "one" },
    );
    expect(again.json.network.id).toBe(id);
  });

  it("opens the network by its own token only", async () => {
    const ask = (authorization: string) => call(`${network.api}/v1/workspaces`, { headers: { authorization } });
    expect((await ask(`Bearer ${plane.key}`)).status).toBe(401);
    expect((await ask("")).status).toBe(401);
    const other = await plane.call("POST", "/v1/orgs/default/networks?wait=20", { name: "other" });
    const { json: foreign } = await plane.call("POST", `/v1/networks/${other.json.network.id}/token`);
    expect((await ask(`Bearer ${foreign.token}`)).status).toBe(401);
    expect(other.json.network.placement.cell).not.toBe(
      (await plane.call("GET", `/v1/networks/${network.id}`)).json.placement.cell,
    );

    const { status, json } = await network.call("GET", "/v1/workspaces");
    expect([status, json.items.map(({ name }: { name: string }) => name)]).toEqual([200, ["default"]]);
    expect(await call(`${network.api}/healthz`, {})).toMatchObject({ status: 200 });
  });

  it("lets a node in by a bootstrap token, once", async () => {
    const made = cli("tokens", "create", "laptop");
    expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(/^cpt1_\S+\n$/) });
    const token = made.stdout.trim();
    const done = bootstrapNode(node, token, "--label", "env=prod", "--allow-read", source, "--allow-write", target);
    expect([done.status, done.stderr]).toEqual([0, expect.anything()]);
    for (const file of ["identity.json", "nats.jwt", "ca.pem"])
      expect([file, statSync(join(node, file)).mode & 0o777]).toEqual([file, 0o600]);
    const again = bootstrapNode(join(folder, "second"), token);
    expect(again.status).toBe(1);
    expect(again.stderr).toMatch(/used/i);
  });

  it("connects the node and shows it", async () => {
    edge = startNode(node);
    await expect
      .poll(async () => (await network.call("GET", "/v1/workspaces/default/nodes?selector=env%3Dprod")).json.items, {
        timeout: 60_000,
      })
      .toMatchObject([{ id: expect.stringMatching(/^nod_/), state: "online", labels: { env: "prod" } }]);
    await expect
      .poll(async () => (await plane.call("GET", `/v1/networks/${network.id}`)).json.status.nodes, { timeout: 60_000 })
      .toEqual({ online: 1, total: 1 });
  });

  it("runs a pipeline where the selector matches, end to end", async () => {
    writeFileSync(
      source,
      Array.from({ length: 1_000 }, (_, n) => `{"n":${n},"level":"${n % 2 ? "info" : "debug"}"}\n`).join(""),
    );
    const pipeline = {
      v: 1,
      name: "app-log",
      inputs: [{ id: "app", file: { paths: [source], start: "beginning" } }],
      processors: [
        { parse: { format: "json" } },
        { filter: 'e.level != "debug"' },
        { map: { set: { number: "e.n" }, keep: ["level"] } },
      ],
      outputs: [{ id: "out", file: { path: target } }],
    };
    const put = await network.call("PUT", "/v1/workspaces/default/pipelines/app-log", pipeline);
    expect(put).toMatchObject({ status: 201, json: { revision: { name: "app-log", rev: 1 } } });
    expect(await network.call("PUT", "/v1/workspaces/default/pipelines/app-log", pipeline)).toMatchObject({
      status: 200,
      json: { revision: { rev: 1 } },
    });
    const made = await network.call("POST", "/v1/workspaces/default/deployments", {
      pipeline: "app-log@1",
      selector: "env=prod",
    });
    expect(made).toMatchObject({ status: 201, json: { deployment: { id: expect.stringMatching(/^dep_/) } } });

    const lines = () => (existsSync(target) ? readFileSync(target, "utf8").trim().split("\n") : []);
    await expect.poll(() => lines().length, { timeout: 60_000 }).toBe(500);
    expect(lines().map((line) => JSON.parse(line))).toEqual(
      Array.from({ length: 500 }, (_, n) => ({ level: "info", number: 2 * n + 1 })),
    );
    await expect
      .poll(async () => (await network.call("GET", "/v1/workspaces/default/nodes")).json.items[0]?.pipelines, {
        timeout: 60_000,
      })
      .toMatchObject([{ name: "app-log", rev: 1, health: "ok", in: 1_000, out: 500 }]);
    await expect
      .poll(
        async () => (await network.call("GET", `/v1/workspaces/default/deployments/${made.json.deployment.id}`)).json,
        { timeout: 60_000 },
      )
      .toMatchObject({ state: "completed" });
  });

  it("shows all of it on the command line", () => {
    expect(cli("networks", "list").stdout).toMatch(/factory-7 .*ready/);
    expect(cli("nodes", "list").stdout).toMatch(/online/);
    expect(cli("pipelines", "list").stdout).toMatch(/app-log/);
    expect(cli("networks", "get", "nothing").status).toBe(1);
    expect(cli("networks", "frobnicate").status).toBe(2);
  });

  it("takes everything away again, but for the operation", async () => {
    const { status, json } = await plane.call("DELETE", `/v1/networks/${network.id}?wait=20`, undefined, {
      "if-match": "*",
    });
    expect([status, json.operation.state]).toEqual([202, "succeeded"]);
    expect((await plane.call("GET", `/v1/networks/${network.id}`)).status).toBe(404);
    expect((await plane.call("GET", `/v1/operations/${json.operation.id}`)).json).toMatchObject({
      kind: "delete",
      state: "succeeded",
    });
    await expect(fetch(`${network.api}/healthz`)).rejects.toThrow();
    const name = network.id.replace("_", "-");
    await expect.poll(() => processesOf(name)).toEqual([]);
    const left = () => readdirSync(data, { recursive: true, encoding: "utf8" }).filter((file) => file.includes(name));
    await expect.poll(left).toEqual([]);
  });

  it("ends within 5 s, with all that it started", async () => {
    const asked = performance.now();
    expect(await plane.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
    await expect.poll(() => processesOf(data)).toEqual([]);
  });

  it("wrote no secret into any log", () => {
    const logs = logsIn(data);
    expect(logs.length).toBeGreaterThan(0);
    expect(logs).not.toContain(plane.key);
    expect(logs).not.toMatch(
      /cpt1_[A-Za-z0-9_-]{20}|cpj_[A-Za-z0-9_-]{20}|\bS[UOA][A-Z2-7]{50}|BEGIN (EC |)PRIVATE|eyJ[A-Za-z0-9_-]{20,}\.eyJ/,
    );
  });
});

/** Everything that any process wrote as a log. */
const logsIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /(^|\/)logs?(\/|$)|\.log$/.test(file) && statSync(join(folder, file)).isFile())
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
