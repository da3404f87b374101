import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Answer,
  call,
  type EdgeProcess,
  type Json,
  networkOf,
  processesOf,
  type ReadyNetwork,
  removeFolder,
  type Standalone,
  startNode,
} from "../e2e/standalone.ts";

/** A control plane with embedded cells, whatever runs it. */
export interface Accepted extends Pick<Standalone, "data" | "url" | "key" | "call"> {
  /** Does something whose work nobody begins or goes on with: its signal is lost, or whoever heard it is. */
  readonly unheard: (act: () => Promise<Answer>) => Promise<Answer>;
}

const programs = resolve(import.meta.dirname, "../../bin");

/** Runs a command line to its end, beside all that this process serves. */
const run = (
  program: "cellplane" | "cellplane-edge",
  args: readonly string[],
  environment: Record<string, string> = {},
) =>
  new Promise<{ status: number; stdout: string; stderr: string }>((done) => {
    const child = execFile(
      "node",
      [join(programs, `${program}.js`), ...args],
      { env: { ...process.env, ...environment } },
      (_error, stdout, stderr) => done({ status: child.exitCode ?? 1, stdout, stderr }),
    );
  });

const merge = { "if-match": "*", "content-type": "application/merge-patch+json" };

/**
 * What a customer has of a control plane, from POST to a connected node that runs a pipeline, changed, and away again, through the
 * public doors alone. The same for everything that runs one: registers its tests in the suite that calls it.
 */
export function acceptance(open: () => Accepted): void {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-acceptance-"));
  const node = join(folder, "node");
  const source = join(folder, "app.log");
  const target = join(folder, "out.jsonl");
  let plane: Accepted;
  let edge: EdgeProcess | undefined;
  let network: ReadyNetwork;
  let other: string;

  const cli = (...args: string[]) =>
    run("cellplane", args, { CELLPLANE_URL: plane.url, CELLPLANE_KEY: plane.key, CELLPLANE_NETWORK: "factory-7" });
  /** Waits as long as it takes; what it came to is the caller's to judge. */
  const ended = async (operation: string): Promise<Json> => {
    const read = async () =>
      (await plane.call("GET", `/v1/operations/${operation}?wait=5`).catch(() => undefined))?.json;
    await expect.poll(async () => (await read())?.state, { timeout: 100_000 }).toMatch(/succeeded|failed|cancelled/);
    return (await plane.call("GET", `/v1/operations/${operation}`)).json;
  };
  const create = (name: string, headers: Record<string, string> = {}) =>
    plane.call("POST", "/v1/orgs/default/networks", { name }, headers);
  const placeOf = async (id: string) => (await plane.call("GET", `/v1/networks/${id}`)).json.placement.cell;

  beforeAll(() => {
    plane = open();
  });
  afterAll(() => {
    edge?.kill("SIGKILL");
    removeFolder(folder);
  });

  it("makes a network ready that says where it is", async () => {
    const { status, headers, json } = await create("factory-7", { "idempotency-key": "one" });
    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/v1/operations/${json.operation.id}`);
    expect(await ended(json.operation.id)).toMatchObject({ kind: "create", state: "succeeded", error: null });
    expect((await plane.call("GET", `/v1/networks/${json.network.id}`)).json).toMatchObject({
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
    network = await networkOf(plane, json.network.id);
    const again = await create("factory-7", { "idempotency-key": "one" });
    expect(again.json.network.id).toBe(network.id);
  });

  it("opens the network by its own token only", async () => {
    const ask = (authorization: string) => call(`${network.api}/v1/workspaces`, { headers: { authorization } });
    expect((await ask(`Bearer ${plane.key}`)).status).toBe(401);
    expect((await ask("")).status).toBe(401);
    const made = (await create("other")).json;
    other = made.network.id;
    expect(await ended(made.operation.id)).toMatchObject({ state: "succeeded" });
    const { json: foreign } = await plane.call("POST", `/v1/networks/${other}/token`);
    expect((await ask(`Bearer ${foreign.token}`)).status).toBe(401);

    const { status, json } = await network.call("GET", "/v1/workspaces");
    expect([status, json.items.map(({ name }: { name: string }) => name)]).toEqual([200, ["default"]]);
    expect(await call(`${network.api}/healthz`, {})).toMatchObject({ status: 200 });
  });

  it("puts the second network where the first is not, as long as there is a choice", async () => {
    const { items } = (await plane.call("GET", "/v1/cells")).json;
    const choice = items.filter(({ url }: { url?: string }) => typeof url === "string").length;
    const places = new Set([await placeOf(network.id), await placeOf(other)]);
    expect(places.size).toBe(Math.min(choice, 2));
  });

  it("lets a node in by a bootstrap token, once", async () => {
    const made = await cli("tokens", "create", "laptop");
    expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(/^cpt1_\S+\n$/) });
    const bootstrap = (data: string, ...args: string[]) =>
      run("cellplane-edge", ["bootstrap", "--token", made.stdout.trim(), "--data", data, ...args]);
    const done = await bootstrap(node, "--label", "env=prod", "--allow-read", source, "--allow-write", target);
    expect([done.status, done.stderr]).toEqual([0, expect.anything()]);
    for (const file of ["identity.json", "nats.jwt", "ca.pem"])
      expect([file, statSync(join(node, file)).mode & 0o777]).toEqual([file, 0o600]);
    const again = await bootstrap(join(folder, "second"));
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
      .poll(async () => (await plane.call("GET", `/v1/networks/${network.id}`)).json.status.nodes, { timeout: 100_000 })
      .toEqual({ online: 1, total: 1, edges: { "0.1.0": 1 } });
  });

  it("runs a pipeline where the selector matches, end to end", async () => {
    const event = (_: unknown, n: number) => `{"n":${n},"level":"${n % 2 ? "info" : "debug"}"}\n`;
    writeFileSync(source, Array.from({ length: 1_000 }, event).join(""));
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
    const put = () => network.call("PUT", "/v1/workspaces/default/pipelines/app-log", pipeline);
    expect(await put()).toMatchObject({ status: 201, json: { revision: { name: "app-log", rev: 1 } } });
    expect(await put()).toMatchObject({ status: 200, json: { revision: { rev: 1 } } });
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

  it("shows all of it on the command line", async () => {
    expect((await cli("networks", "list")).stdout).toMatch(/factory-7 .*ready/);
    expect((await cli("nodes", "list")).stdout).toMatch(/online/);
    expect((await cli("pipelines", "list")).stdout).toMatch(/app-log/);
    expect((await cli("networks", "get", "nothing")).status).toBe(1);
    expect((await cli("networks", "frobnicate")).status).toBe(2);
  });

  it("changes a network while its node stays", async () => {
    const changed = await plane.call("PATCH", `/v1/networks/${network.id}`, { labels: { line: "7" } }, merge);
    expect(changed.status).toBe(202);
    expect(await ended(changed.json.operation.id)).toMatchObject({ state: "succeeded", generation: 2 });
    expect((await plane.call("GET", `/v1/networks/${network.id}`)).json).toMatchObject({
      labels: { line: "7" },
      status: { phase: "ready", observedGeneration: 2 },
    });
    expect((await network.call("GET", "/v1/workspaces/default/nodes")).json.items).toMatchObject([{ state: "online" }]);
  });

  it("R4: ends what nobody heard of, or what lost who worked on it", async () => {
    const { json } = await plane.unheard(() => create("unheard"));
    expect(await ended(json.operation.id)).toMatchObject({ state: "succeeded", error: null });
    const gone = await plane.unheard(() =>
      plane.call("DELETE", `/v1/networks/${json.network.id}`, undefined, { "if-match": "*" }),
    );
    expect(await ended(gone.json.operation.id)).toMatchObject({ state: "succeeded", kind: "delete" });
  });

  it("takes everything away again, but for the operation", async () => {
    for (const id of [other, network.id]) {
      const gone = await plane.call("DELETE", `/v1/networks/${id}`, undefined, { "if-match": "*" });
      expect(gone.status).toBe(202);
      expect(await ended(gone.json.operation.id)).toMatchObject({ kind: "delete", state: "succeeded" });
      expect((await plane.call("GET", `/v1/networks/${id}`)).status).toBe(404);
    }
    await expect(fetch(`${network.api}/healthz`)).rejects.toThrow();
    const name = network.id.replace("_", "-");
    await expect.poll(() => processesOf(name), { timeout: 60_000 }).toEqual([]);
    const left = () =>
      readdirSync(plane.data, { recursive: true, encoding: "utf8" }).filter((file) => file.includes(name));
    await expect.poll(left, { timeout: 60_000 }).toEqual([]);
  });
}
