import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import {
  aFolder,
  bootstrapNode,
  networkOf,
  pidsOf,
  removeFolder,
  type Standalone,
  startNode,
  startStandalone,
} from "../test/e2e/standalone.ts";
import { mebibytes, milliseconds, percentile, print } from "./figures.ts";

/** How many networks, one after the other and then at once: the counts that the goals are about. */
const NETWORKS = 50;

const folder = aFolder();
const data = join(folder, "data");

/** A node could connect: the broker of the network shakes hands at its public address. */
const handshake = (nats: string): Promise<void> =>
  new Promise((done, fail) => {
    const { hostname: host, port } = new URL(nats);
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      socket.destroy();
      done();
    });
    socket.once("error", fail);
  });

async function create(plane: Standalone, name: string): Promise<{ id: string; answered: number; connectable: number }> {
  const began = performance.now();
  const { status, json } = await plane.call("POST", "/v1/orgs/default/networks", { name });
  const answered = performance.now() - began;
  if (status !== 202) throw new Error(JSON.stringify(json));
  for (;;) {
    const { json: operation } = await plane.call("GET", `/v1/operations/${json.operation.id}?wait=20`);
    if (operation.state === "succeeded") break;
    if (operation.state === "failed") throw new Error(JSON.stringify(operation.error));
  }
  const network = await networkOf(plane, json.network.id);
  await handshake(network.nats);
  return { id: network.id, answered, connectable: performance.now() - began };
}

const remove = (plane: Standalone, id: string) =>
  plane.call("DELETE", `/v1/networks/${id}?wait=20`, undefined, { "if-match": "*" });

/** Resident memory of a process, in MiB. */
const rssOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
const pidOf = (about: string, program: string) => pidsOf(about, program)[0] ?? Number.NaN;

let plane = await startStandalone(data);
try {
  const inARow: Awaited<ReturnType<typeof create>>[] = [];
  for (let n = 0; n < NETWORKS; n++) inARow.push(await create(plane, `row-${n}`));
  const connectable = inARow.map((one) => one.connectable);
  print(`create → connectable, ${NETWORKS} in a row, p50`, milliseconds(percentile(connectable, 0.5)), "≤ 2,000 ms");
  print(`create → connectable, ${NETWORKS} in a row, p99`, milliseconds(percentile(connectable, 0.99)), "≤ 5,000 ms");
  await Promise.all(inARow.map(({ id }) => remove(plane, id)));

  const began = performance.now();
  const atOnce = await Promise.all(Array.from({ length: NETWORKS }, (_, n) => create(plane, `once-${n}`)));
  print(`create → connectable, ${NETWORKS} at once, all`, milliseconds(performance.now() - began), "≤ 60,000 ms");
  print(
    "  answer of the API, p99",
    milliseconds(
      percentile(
        atOnce.map((one) => one.answered),
        0.99,
      ),
    ),
    "≤ 300 ms",
  );
  const { controlPlane, cells } = plane.endpoints();
  print(`memory with ${NETWORKS} networks: control plane`, mebibytes(rssOf(controlPlane.pid)), "≤ 200 MiB");
  print("  agent", mebibytes(Math.max(...cells.map(({ pid }) => rssOf(pid)))), "≤ 100 MiB");
  print("  embedded cluster", mebibytes(Math.max(...cells.map(({ cluster }) => rssOf(cluster.pid)))), "≤ 100 MiB");

  const [first] = atOnce;
  if (!first) throw new Error("no network");
  await Promise.all(atOnce.slice(1).map(({ id }) => remove(plane, id)));
  const network = await networkOf(plane, first.id);
  const node = join(folder, "node");
  const { json } = await network.call("POST", "/v1/workspaces/default/tokens", { name: "bench" });
  bootstrapNode(node, json.secret);
  const edge = startNode(node);
  const published = await network.call("PUT", "/v1/workspaces/default/pipelines/beat", {
    v: 1,
    name: "beat",
    inputs: [{ id: "clock", generate: { every: "1s", event: { a: 1 } } }],
    outputs: [{ id: "out", stdout: {} }],
  });
  if (published.status !== 201) throw new Error(JSON.stringify(published.json));
  await network.call("POST", "/v1/workspaces/default/deployments", { pipeline: "beat@1", selector: {} });
  for (let online = 0; online === 0; )
    online = (await network.call("GET", "/v1/workspaces/default/nodes?state=online")).json.items.filter(
      (one: { pipelines: unknown[] }) => one.pipelines.length > 0,
    ).length;
  print("memory with one node: orchestrator", mebibytes(rssOf(pidOf(network.id, ".mjs"))), "≤ 80 MiB");
  print("  broker", mebibytes(rssOf(pidOf(network.id.replace("_", "-"), "nats-server"))));
  print("  edge, one pipeline, profile fast", mebibytes(rssOf(pidOf(node, "edge.cjs"))), "≤ 72 MiB");
  edge.kill("SIGKILL");
  await remove(plane, first.id);
} finally {
  await plane.stop();
}

const starting = performance.now();
plane = await startStandalone(data);
print("npm start → ready line, warm", milliseconds(performance.now() - starting), "≤ 5,000 ms");
await plane.stop();
removeFolder(folder);
