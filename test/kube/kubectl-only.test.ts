import { createHash, randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { aFolder, aloneCell, type Cell, clear } from "./a-cell.ts";
import { anEdge, deployCopy, type Edge, type OwnNetwork } from "./edge.ts";
import { theCluster } from "./the-cluster.ts";

const SLOW = 300_000;
const sample = parse(readFileSync(resolve(import.meta.dirname, "../../examples/network-instance.yaml"), "utf8"));

/** On-prem: the agent, and nothing of ours beside it. */
describe("a network made with kubectl alone, where no control plane is", () => {
  const folder = aFolder();
  const cluster = theCluster();
  const name: string = sample.metadata.name;
  const key = `cpk_${randomBytes(6).toString("hex")}_${randomBytes(32).toString("base64url")}`;
  let cell: Cell;
  let edge: Edge | undefined;
  const instance = () => cluster.get("networkinstance", name);
  const network = (): OwnNetwork => {
    const { api, nats } = instance().status.endpoints;
    return {
      ...{ id: sample.spec.network, name, api, nats },
      call: (method, path, body) =>
        cell.entrance.ask(`${api}${path}`, { method, body, headers: { authorization: `Bearer ${key}` } }),
    };
  };

  beforeAll(async () => {
    await clear(cluster);
    cell = await aloneCell(cluster, folder);
  }, SLOW);
  afterAll(async () => {
    edge?.kill("SIGKILL");
    await clear(cluster);
    rmSync(folder, { recursive: true, force: true });
  }, SLOW);

  it(
    "is ready after one apply of the sample",
    async () => {
      cluster.apply(sample);
      await expect.poll(() => instance()?.status?.phase, { timeout: 90_000 }).toBe("ready");
      expect((await cell.entrance.ask(`${network().api}/readyz`)).status).toBe(200);
    },
    SLOW,
  );

  it(
    "opens by a key that its operator made up, of which the cluster knows the hash alone",
    async () => {
      const entry = { id: key.slice(0, 16), sha256: createHash("sha256").update(key).digest("hex"), role: "owner" };
      cluster.apply({ ...sample, spec: { ...sample.spec, access: { keys: [entry] } } });
      await expect
        .poll(async () => (await network().call("GET", "/v1/workspaces")).status, { timeout: 90_000 })
        .toBe(200);
      expect(JSON.stringify(instance())).not.toContain(key);
    },
    SLOW,
  );

  it(
    "takes a node from outside, gives it a pipeline, and moves data",
    async () => {
      edge = await anEdge(network(), cell.entrance, folder);
      await deployCopy(network(), folder);
      edge.write(100);
      await expect.poll(() => edge?.arrived().length, { timeout: 60_000 }).toBe(100);
    },
    SLOW,
  );

  it(
    "goes when it is deleted, with all that it had",
    async () => {
      cluster.kubectl("delete", "networkinstance", name, "--timeout=120s");
      expect(cluster.get("namespace", name)).toBeUndefined();
      expect(
        cluster.list("secrets", "-n", "cellplane-system").filter(({ metadata }) => metadata.name.includes(name)),
      ).toEqual([]);
    },
    SLOW,
  );
});
