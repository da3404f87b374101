import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFolder, aNetwork, type Cell, clear, joinedCell, ownNetwork, settled } from "./a-cell.ts";
import { aControlPlane, type ControlPlane } from "./a-control-plane.ts";
import { anEntrance } from "./an-entrance.ts";
import { anEdge, deployCopy, type Edge, type OwnNetwork } from "./edge.ts";
import { runHook, theCluster } from "./the-cluster.ts";

const SLOW = 300_000;

/** Two clusters with an API server each, one control plane over both. */
describe("two cells", () => {
  const folder = aFolder();
  const clusters = [theCluster(), theCluster("_2")] as const;
  let plane: ControlPlane;
  let cells: [Cell, Cell];
  const networks: { network: OwnNetwork; cell: Cell }[] = [];
  const edges: Edge[] = [];

  beforeAll(async () => {
    await Promise.all(clusters.map(clear));
    const [first, second] = clusters.map((cluster, n) => anEntrance(cluster, { folder, domain: `cell-${n + 1}.test` }));
    if (!first || !second) throw new Error("two entrances");
    const addresses = [first, second].map(({ environment }) => environment.CELL_ADDRESSES).join(",");
    plane = await aControlPlane({
      ...{ folder, hostIp: "0.0.0.0" },
      visitor: { ...first.environment, CELL_ADDRESSES: addresses },
    });
    cells = [
      await joinedCell(clusters[0], { entrance: first, plane, name: "cell-1" }),
      await joinedCell(clusters[1], { entrance: second, plane, name: "cell-2" }),
    ];
  }, SLOW);
  afterAll(async () => {
    for (const edge of edges) edge.kill("SIGKILL");
    // The other one is gone.
    await clear(clusters[0]);
    await plane?.kill();
    rmSync(folder, { recursive: true, force: true });
  }, SLOW);

  const cellOf = async (id: string) => {
    const { json } = await plane.call("GET", `/v1/networks/${id}`);
    const cell = cells.find((one) => one.id === json.placement.cell);
    if (!cell) throw new Error(`placed in ${json.placement.cell}`);
    return cell;
  };

  it(
    "get the networks of one organization in turn, each ready at its own cell's address",
    async () => {
      for (const name of ["one", "two"]) {
        const { json } = await plane.call("POST", "/v1/orgs/default/networks", { name });
        await settled(plane, json.operation.id);
        const cell = await cellOf(json.network.id);
        networks.push({ network: await ownNetwork({ plane, cell }, json.network.id), cell });
      }
      expect(new Set(networks.map(({ cell }) => cell.id)).size).toBe(2);
      for (const { network, cell } of networks) {
        expect(new URL(network.api).hostname).toBe(`${network.name}.${cell.entrance.domain}`);
        const edge = await anEdge(network, cell.entrance, folder, cell.name);
        edges.push(edge);
        await deployCopy(network, folder, cell.name);
        edge.write(10);
        await expect.poll(() => edge.arrived().length, { timeout: 60_000 }).toBe(10);
      }
    },
    SLOW,
  );

  it(
    "do not feel one another's loss: with one gone the other serves, and takes what is new",
    async () => {
      await runHook("TEST_KUBE_DOWN_2");
      const [kept, lost] = [
        networks.find(({ cell }) => cell === cells[0]),
        networks.find(({ cell }) => cell === cells[1]),
      ];
      const [edge] = edges;
      if (!kept || !lost || !edge) throw new Error("two networks");
      const written = edge.write(10);
      await expect.poll(() => edge.arrived().length, { timeout: 90_000 }).toBe(written);
      expect((await kept.network.call("GET", "/v1/workspaces")).status).toBe(200);
      await expect
        .poll(async () => (await plane.call("GET", `/v1/networks/${lost.network.id}`)).json.status.phase, {
          timeout: 120_000,
        })
        .toBe("unreachable");
      const made = await aNetwork({ plane, cell: cells[0] }, "three");
      expect(await cellOf(made.id)).toBe(cells[0]);
    },
    SLOW,
  );
});
