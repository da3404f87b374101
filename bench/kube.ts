import { aStage, ownNetwork, type Stage, settled } from "../test/kube/a-cell.ts";
import { brokerBehind } from "../test/kube/broker-behind.ts";
import { mebibytes, milliseconds, percentile, print } from "./figures.ts";

/** How many networks one after the other, and how many at once: the counts that the goals are about. */
const IN_A_ROW = 10;
const AT_ONCE = 20;

/** Creates one network; from the call to a handshake with its broker from outside. */
async function create(stage: Stage, name: string): Promise<{ id: string; connectable: number }> {
  const began = performance.now();
  const { status, json } = await stage.plane.call("POST", "/v1/orgs/default/networks", { name });
  if (status !== 202) throw new Error(JSON.stringify(json));
  await settled(stage.plane, json.operation.id);
  const network = await ownNetwork(stage, json.network.id);
  await brokerBehind(stage.cell, network);
  return { id: network.id, connectable: performance.now() - began };
}

async function remove(stage: Stage, ids: readonly string[]): Promise<void> {
  const asked = await Promise.all(
    ids.map((id) => stage.plane.call("DELETE", `/v1/networks/${id}`, undefined, { "if-match": "*" })),
  );
  await Promise.all(asked.map(({ json }) => settled(stage.plane, json.operation.id)));
}

/** The largest working set of a container of that name in these namespaces, in MiB, as the kubelet counts it. */
function memoryOf({ cell: { cluster } }: Stage, namespaces: readonly string[]): (container: string) => number {
  const [node] = cluster.list("nodes");
  const path = `/api/v1/nodes/${node.metadata.name}/proxy/stats/summary`;
  const { pods }: { pods: PodStats[] } = JSON.parse(cluster.kubectl("get", "--raw", path));
  const containers = pods
    .filter(({ podRef }) => namespaces.includes(podRef.namespace))
    .flatMap((pod) => pod.containers ?? []);
  return (container) =>
    Math.max(
      ...containers
        .filter(({ name }) => name === container)
        .map(({ memory }) => (memory?.workingSetBytes ?? Number.NaN) / 1024 ** 2),
    );
}

interface PodStats {
  readonly podRef: { readonly namespace: string };
  readonly containers?: readonly { readonly name: string; readonly memory?: { readonly workingSetBytes?: number } }[];
}

const stage = await aStage();
try {
  // The first one fills caches that every later one finds full.
  await remove(stage, [(await create(stage, "warm")).id]);
  const inARow: Awaited<ReturnType<typeof create>>[] = [];
  for (let n = 0; n < IN_A_ROW; n++) inARow.push(await create(stage, `row-${n}`));
  const connectable = inARow.map((one) => one.connectable);
  print(`create → connectable, ${IN_A_ROW} in a row, p50`, milliseconds(percentile(connectable, 0.5)), "≤ 5,000 ms");
  print("  p99", milliseconds(percentile(connectable, 0.99)), "≤ 10,000 ms");

  const memory = memoryOf(
    stage,
    inARow.map(({ id }) => id.replace("_", "-")),
  );
  print("memory, idle, largest of them: orchestrator", mebibytes(memory("orchestrator")), "≤ 80 MiB");
  print("  broker", mebibytes(memory("nats")), "≤ 30 MiB");
  await remove(
    stage,
    inARow.map(({ id }) => id),
  );

  const began = performance.now();
  const atOnce = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => create(stage, `once-${n}`)));
  print(`create → connectable, ${AT_ONCE} at once, all`, milliseconds(performance.now() - began), "≤ 60,000 ms");
  const leaving = performance.now();
  await remove(
    stage,
    atOnce.map(({ id }) => id),
  );
  print(`delete, ${AT_ONCE} at once, all gone`, milliseconds(performance.now() - leaving));
} finally {
  await stage.close();
}
