import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { aNetwork, aStage, type Stage, settled } from "./a-cell.ts";
import { anEdge, deployCopy, type Edge, type OwnNetwork } from "./edge.ts";

const SLOW = 300_000;

/** From POST to data that a node outside has moved, and away again. */
describe("the whole path on a real cluster", () => {
  let stage: Stage;
  let network: OwnNetwork;
  let edge: Edge | undefined;
  const kube = () => stage.cell.cluster;
  const nodes = async () => (await network.call("GET", "/v1/workspaces/default/nodes")).json.items;

  beforeAll(async () => {
    stage = await aStage();
  }, 180_000);
  afterAll(async () => {
    edge?.kill("SIGKILL");
    await stage?.close();
  }, 120_000);

  it(
    "makes pods of a POST, and says ready when a node can connect",
    async () => {
      network = await aNetwork(stage, "factory-7");
      const { json } = await stage.plane.call("GET", `/v1/networks/${network.id}`);
      expect(json).toMatchObject({
        placement: { cell: stage.cell.id },
        endpoints: {
          api: `https://${network.name}.cell-1.test:${kube().api.port}`,
          nats: `tls://${network.name}.cell-1.test:${kube().nats.port}`,
        },
        status: { phase: "ready", observedGeneration: 1, fresh: true, reachable: { api: true, nats: true } },
      });
      const pods = kube().list("pods", "-n", network.name);
      expect(pods.map(({ status }) => status.phase)).toEqual(["Running", "Running"]);
      const ready = await stage.cell.entrance.ask(`${network.api}/readyz`);
      expect(ready.status).toBe(200);
    },
    SLOW,
  );

  it("opens the network by its own token only, at its own address", async () => {
    const ask = (authorization: string) =>
      stage.cell.entrance.ask(`${network.api}/v1/workspaces`, { headers: { authorization } });
    expect((await ask(`Bearer ${stage.plane.key}`)).status).toBe(401);
    const { status, json } = await network.call("GET", "/v1/workspaces");
    expect([status, json.items.map(({ name }: { name: string }) => name)]).toEqual([200, ["default"]]);
  });

  it(
    "lets a node in from outside: it trusts the cell by the pin in its token, and the broker by the CA it was given",
    async () => {
      edge = await anEdge(network, stage.cell.entrance, stage.folder);
      expect(readFileSync(join(edge.folder, "ca.pem"), "utf8")).toMatch(/^-----BEGIN CERTIFICATE-----/);
      await expect.poll(nodes, { timeout: 90_000 }).toMatchObject([{ state: "online", labels: { source: "node" } }]);
      await expect
        .poll(async () => (await stage.plane.call("GET", `/v1/networks/${network.id}`)).json.status.nodes, {
          timeout: 90_000,
        })
        .toEqual({ online: 1, total: 1, edges: { "0.1.0": 1 } });
    },
    SLOW,
  );

  it(
    "moves data by a pipeline that was deployed from outside",
    async () => {
      const deployment = await deployCopy(network, stage.folder);
      edge?.write(500);
      await expect.poll(() => edge?.arrived().length, { timeout: 90_000 }).toBe(500);
      expect(edge?.arrived()).toEqual(Array.from({ length: 500 }, (_, n) => n));
      await expect
        .poll(async () => (await network.call("GET", `/v1/workspaces/default/deployments/${deployment}`)).json.state, {
          timeout: 90_000,
        })
        .toBe("completed");
    },
    SLOW,
  );

  it(
    "takes everything away again",
    async () => {
      const { status, json } = await stage.plane.call("DELETE", `/v1/networks/${network.id}?wait=20`, undefined, {
        "if-match": "*",
      });
      expect(status).toBe(202);
      await settled(stage.plane, json.operation.id);
      await vi.waitFor(() => expect(kube().get("namespace", network.name)).toBeUndefined(), { timeout: 60_000 });
      expect(kube().get("networkinstance", network.name)).toBeUndefined();
      const kept = kube().list("secrets", "-n", "cellplane-system");
      expect(kept.filter(({ metadata }) => metadata.name.includes(network.name))).toEqual([]);
      expect((await stage.cell.entrance.ask(`${network.api}/readyz`)).status).toBe(404);
    },
    SLOW,
  );
});
