import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServerType, serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { orchestratorRoutes } from "#core/api/orchestrator.ts";
import { controlPlaneRoutes } from "#core/api.ts";
import { apiHandler } from "../../functions/api.ts";
import { gateway } from "../../standalone/control-plane/gateway.ts";
import { aKey } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";
import { aNetwork, NET, type Ran, type RecordedApi, recordedApi, run } from "./recorded-api.ts";

/** Routes that no person calls, and why there is no verb for them. */
const notForPeople: Readonly<Record<string, string>> = {
  getHealth: "probes ask it",
  getReadiness: "probes ask it",
  getOpenApi: "tools read it",
  join: "a cell's agent calls it",
  enroll: "a node calls it: cellplane-edge bootstrap",
  getEnrolment: "a node calls it while it waits",
  renew: "a node calls it",
  validateDocument: "a document has a name: pipelines validate asks under that",
};

const nameOf = (routes: Readonly<Record<string, { method: string; path: string }>>, method: string, path: string) =>
  Object.entries(routes).find(
    ([, route]) => route.method === method && new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
  )?.[0] ?? `${method} ${path}`;

const missing = (routes: object, reached: ReadonlySet<string>) =>
  Object.keys(routes).filter((name) => !reached.has(name) && !(name in notForPeople));

const directory = mkdtempSync(join(tmpdir(), "cellplane-cli-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Every verb against the API itself, in the order in which somebody would use them. */
describe("every route of the hosted API that a person needs", () => {
  const reached = new Set<string>();
  let plane: TestControlPlane;
  let server: ServerType;
  let key: string;
  let url: string;
  beforeAll(async () => {
    plane = await aControlPlane({ waitMs: 20 });
    key = await aKey(plane, { platform: true });
    await plane.addCell({ name: "cell-1" });
    const app = gateway(apiHandler(plane.deps));
    server = serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, env) => {
        reached.add(nameOf(controlPlaneRoutes, request.method, new URL(request.url).pathname));
        return app.fetch(request, env);
      },
    });
    await new Promise((listening) => server.once("listening", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((closed) => server.close(closed));
    await plane.close();
  });

  const tried = (...args: string[]): Promise<Ran> =>
    run(url, args, {
      environment: { CELLPLANE_URL: url, CELLPLANE_KEY: key },
      directory,
      now: Date.now,
      sleep: (milliseconds) => plane.clock.sleep(milliseconds),
    });
  const cellplane = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await tried(...args);
    expect([args.join(" "), code, err]).toEqual([args.join(" "), 0, err]);
    return out;
  };
  /** The workflows do what was asked for. */
  const settled = async (network: string) => {
    await plane.follow();
    const [operation = ""] = (await cellplane("networks", "operations", network, "-o", "name")).split("\n");
    await plane.ended(operation);
    return operation;
  };

  it("has one for accounts", async () => {
    expect(await cellplane("me")).toMatch(/Platform operator: +yes/);
    await cellplane("orgs", "create", "acme", "--name", "Acme");
    expect(await cellplane("orgs", "list")).toMatch(/acme +Acme/);
    expect(await cellplane("orgs", "update", "acme", "--name", "Acme Industries")).toMatch(/Acme Industries/);
    expect(await cellplane("orgs", "get", "acme", "-o", "name")).toBe("acme\n");
    expect(await cellplane("members", "invite", "ada@example.com", "--role", "viewer")).toMatch(/State: +invited/);
    await cellplane("members", "update", "ada@example.com", "--role", "operator");
    expect(await cellplane("members", "get", "ada@example.com")).toMatch(/Role: +operator/);
    expect(await cellplane("members", "list")).toMatch(/ada@example.com +operator/);
    await cellplane("members", "remove", "ADA@example.com", "--yes");
    const secret = (await cellplane("keys", "create", "ci", "--role", "viewer", "--expires-in", "1d")).trim();
    const id = secret.slice(0, 16);
    expect(await cellplane("keys", "get", id)).toMatch(/Name: +ci/);
    expect((await cellplane("keys", "rotate", id, "--overlap", "1h")).trim()).toMatch(/^cpk_/);
    expect(await cellplane("keys", "list", "-o", "wide")).toContain(id);
    await cellplane("keys", "revoke", id, "--yes");
    expect(await cellplane("keys", "list", "-o", "name")).not.toContain(id);
    expect(await tried("keys", "get", secret)).toMatchObject({ code: 2, err: expect.not.stringContaining(secret) });
    expect(await cellplane("quota", "update", "--org", "acme", "--networks", "7")).toMatch(/Networks: +7\n.*10000/s);
    expect(await cellplane("quota", "--org", "acme", "-o", "json")).toContain('"networks": 7');
    expect(await cellplane("audit", "list", "--action", "member", "-o", "wide")).toMatch(/member\.update/);
    await cellplane("orgs", "delete", "acme", "--yes");
  });

  it("has one for networks and their operations", async () => {
    const window = "sat,sun 02:00-04:00 Europe/Berlin";
    await cellplane(
      "networks",
      "create",
      "factory-7",
      "--label",
      "env=prod",
      "--set",
      "heartbeat=30s",
      "--window",
      window,
    );
    await settled("factory-7");
    expect(await cellplane("networks", "get", "factory-7")).toMatch(
      /Settings: +heartbeat=30s\nWindow: +sat,sun 02:00-04:00 Europe\/Berlin/,
    );
    await cellplane("networks", "update", "factory-7", "--label", "team=a", "--unlabel", "env", "--window", "none");
    const operation = await settled("factory-7");
    expect(await cellplane("networks", "get", "factory-7")).toMatch(/Labels: +team=a\n.*Window: +at any time/s);
    expect(await cellplane("networks", "list", "--selector", "team=a", "--text", "factory", "-o", "name")).toBe(
      "factory-7\n",
    );
    expect(await cellplane("networks", "list", "--fleet", "--phase", "ready", "-o", "name")).toBe("factory-7\n");
    expect(await cellplane("networks", "explain", "factory-7")).toMatch(/Summary/);
    expect(await cellplane("networks", "events", "factory-7")).toMatch(/update\.succeeded/);
    await cellplane("networks", "grant", "factory-7", "user:usr_1", "--role", "viewer", "--workspace", "a,b");
    expect(await cellplane("networks", "access", "factory-7")).toMatch(/user:usr_1 +viewer +a, b/);
    await cellplane("networks", "ungrant", "factory-7", "user:usr_1");
    expect(await tried("networks", "ungrant", "factory-7", "user:usr_1")).toMatchObject({ code: 1 });
    await cellplane("networks", "rotate-secrets", "factory-7", "--yes");
    await settled("factory-7");
    expect(await tried("networks", "defer", "factory-7")).toMatchObject({ code: 2 });
    const nothing = await tried("networks", "defer", "factory-7", "--until", "2099-01-01T00:00:00Z");
    expect(nothing).toMatchObject({ code: 1, err: expect.stringContaining("No update that could be deferred") });
    expect(await cellplane("networks", "token", "factory-7")).toMatch(/^ey[\w.-]+\n$/);
    expect(await cellplane("operations", "get", operation)).toMatch(/succeeded/);
    expect(await cellplane("operations", "explain", operation)).toMatch(/has succeeded/);
    expect(await tried("operations", "retry", operation)).toMatchObject({ code: 1 });
    expect(await tried("operations", "cancel", operation)).toMatchObject({ code: 1 });
    expect(await tried("operations", "force", operation, "--reason", "test", "--yes")).toMatchObject({ code: 1 });
    await cellplane("usage", "list");
    expect(await cellplane("usage", "export")).toMatch(/^day,/);
  });

  it("has one for cells", async () => {
    expect((await cellplane("cells", "create", "eu-1", "--region", "eu", "--networks", "5")).trim()).toMatch(/^cpj_/);
    await cellplane("cells", "update", "eu-1", "--networks", "7", "--label", "rack=a");
    expect(await cellplane("cells", "get", "eu-1")).toMatch(/Labels: +rack=a\n.*Networks: +0 of 7/s);
    expect(await cellplane("cells", "cordon", "eu-1", "--reason", "new disks")).toMatch(
      /no: cordoned by .*, new disks/,
    );
    expect(await cellplane("cells", "uncordon", "eu-1")).toMatch(/Schedulable: +yes/);
    expect(await cellplane("cells", "networks", "cell-1")).toMatch(/factory-7/);
    await cellplane("cells", "orphans", "cell-1");
    await cellplane("cells", "delete", "eu-1", "--yes");
    expect(await cellplane("cells", "list", "-o", "name")).toBe("cell-1\n");
  });

  it("has one for releases, rollouts and freezes", async () => {
    writeFileSync(join(directory, "0.2.0.yaml"), 'version: 0.2.0\nupgradesFrom: ["0.1.x"]\ndowngradesTo: ["0.1.x"]\n');
    await cellplane("releases", "publish", "0.2.0.yaml");
    await cellplane("releases", "promote", "0.2.0", "--channel", "rapid");
    await cellplane("releases", "get", "0.2.0");
    await cellplane("releases", "list");
    const frozen = await cellplane(
      "freezes",
      "create",
      "--cell",
      "cell-1",
      "--for",
      "2h",
      "--reason",
      "r",
      "-o",
      "name",
    );
    expect(await cellplane("freezes", "list")).toMatch(/in force, (2h|1h 59m) left/);
    await cellplane("freezes", "lift", frozen.trim());
    writeFileSync(
      join(directory, "rollout.yaml"),
      "reason: from a file\nspec:\n  change: { release: 0.2.0 }\n  bake: 1m\n",
    );
    const made = await cellplane(
      "rollouts",
      "create",
      "-f",
      "rollout.yaml",
      "--only-network",
      "factory-7",
      "--waves",
      "100%",
      "--gate-before",
      "1",
      "--gate-after",
      "1",
      "-o",
      "name",
    );
    const id = made.trim();
    expect(await cellplane("rollouts", "get", id)).toMatch(/Reason: +from a file/);
    await expect.poll(() => cellplane("rollouts", "explain", id)).toMatch(/waits to be approved/);
    expect(await cellplane("rollouts", "explain", id, "factory-7")).toMatch(/is pending/);
    expect(await cellplane("rollouts", "targets", id, "--state", "pending", "--wave", "1")).toMatch(
      /^net_\w+ +1 +pending/m,
    );
    const [network = ""] = (await cellplane("rollouts", "targets", id, "-o", "name")).split("\n");
    expect(await cellplane("networks", "get", network, "-o", "name")).toBe("factory-7\n");
    await cellplane("rollouts", "pause", id, "--reason", "lunch");
    await cellplane("rollouts", "pace", id, "10%", "--per-cell", "1", "--reason", "slower");
    await cellplane("rollouts", "resume", id);
    expect(await cellplane("rollouts", "approve", id, "--gate", "2", "--reason", "seen")).toMatch(/Gate 2 .* is open/);
    await cellplane("rollouts", "abort", id, "--reason", "enough");
    expect(await tried("rollouts", "watch", id)).toMatchObject({
      code: 1,
      out: expect.stringContaining("ended as aborted"),
    });
    expect(await cellplane("rollouts", "report", id)).toMatch(/ended as aborted .*\nWhy: enough/);
    const refused = await tried("rollouts", "resume", id);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(`\`cellplane rollouts roll-back ${id}\``) });
    await tried("rollouts", "retry-failed", id, "--reason", "again");
    await tried("rollouts", "rollback", id, "--reason", "all back");
    expect(await cellplane("rollouts", "list")).toContain(id);
    await cellplane("releases", "withdraw", "0.2.0", "--reason", "test", "--yes");
  });

  it("has one for the end of a network", async () => {
    await cellplane("networks", "delete", "factory-7", "--yes");
  });

  it("leaves none out but for a reason", () => {
    expect(missing(controlPlaneRoutes, reached)).toEqual([]);
  });
});

/** Every verb inside a network; what it sends is held against the routes' own schemas. */
describe("every route of an orchestrator that a person needs", () => {
  const at = "2026-06-01T11:57:00.000Z";
  const item = {
    ...{ id: "x_1", name: "one", node: "x_1", rev: 2, token: { id: "tok_1" }, labels: {}, counts: {}, state: "ready" },
    ...{ pipelines: [], errors: [], pipeline: "one@2", selector: {}, createdAt: at, updatedAt: at, createdBy: "me" },
    ...{ uses: 0, maxUses: 1, expiresAt: at, sha256: "0", edge: "1", lastSeen: at, enrolledAt: at, health: "ok" },
  };
  const body = { ...item, items: [item], valid: true, revision: item, deployment: item, document: {} };
  const reached = new Set<string>();
  let api: RecordedApi;
  beforeAll(async () => {
    writeFileSync(join(directory, "one.yaml"), "v: 1\nname: one\n");
    const inside = Object.values(orchestratorRoutes).flatMap(({ method, path }) =>
      [path, `${path}?limit=200`].map(
        (one) =>
          `${method} ${one
            .replaceAll("{ws}", "default")
            .replace("{rev}", "2")
            .replace("{pipeline}", "one")
            .replaceAll(/\{\w+\}/g, "x_1")}`,
      ),
    );
    api = await recordedApi((url) => ({
      "GET /v1/orgs/default/networks?limit=200": {
        status: 200,
        body: { items: [aNetwork({ endpoints: { api: url, nats: "" } })] },
      },
      [`POST /v1/networks/${NET}/token`]: { status: 201, body: { token: "t", expiresAt: "2099-01-01T00:00:00.000Z" } },
      ...Object.fromEntries(inside.map((one) => [one, { status: 200, body }])),
    }));
  });
  afterAll(() => api.close());

  it.each([
    "workspaces list",
    "workspaces get default",
    "workspaces create default",
    "workspaces update default --description d",
    "workspaces delete default --yes",
    "tokens list",
    "tokens get one",
    "tokens create one -o json",
    "tokens pause one",
    "tokens resume one",
    "tokens revoke one",
    "tokens delete one --yes",
    "nodes list",
    "nodes get one",
    "nodes update one --label a=b --unlabel c",
    "nodes approve one",
    "nodes reject one",
    "nodes revoke one",
    "nodes delete one --yes",
    "pipelines list",
    "pipelines get one",
    "pipelines get one@2",
    "pipelines create one.yaml",
    "pipelines validate one.yaml",
    "pipelines revisions one",
    "deployments list",
    "deployments get x_1",
    "deployments create --pipeline one@2 --all",
    "deployments targets x_1",
    "deployments delete x_1 --yes",
  ])("%s", async (line) => {
    const before = api.received.length;
    expect(await run(api.url, line.split(" "), { directory })).toMatchObject({ code: 0 });
    for (const { method, path, body: sent } of api.received.slice(before)) {
      const name = nameOf(orchestratorRoutes, method, path.split("?")[0] ?? "");
      reached.add(name);
      const route = Object.entries(orchestratorRoutes).find(([one]) => one === name)?.[1];
      if (route && "body" in route && sent && !("takes" in route))
        expect([line, route.body.safeParse(JSON.parse(sent)).error?.issues]).toEqual([line, undefined]);
    }
  });

  it("leaves none out but for a reason", () => {
    expect(missing(orchestratorRoutes, reached)).toEqual([]);
  });
});

it("names no route as needless that there is not", () => {
  const routes = { ...controlPlaneRoutes, ...orchestratorRoutes };
  expect(Object.keys(notForPeople).filter((name) => !(name in routes))).toEqual([]);
});
