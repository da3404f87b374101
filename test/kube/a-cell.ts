import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aControlPlane, type ControlPlane } from "./a-control-plane.ts";
import { anEntrance, type Entrance } from "./an-entrance.ts";
import type { OwnNetwork } from "./edge.ts";
import { installAgent } from "./the-agent.ts";
import { type Json, type TheCluster, theCluster } from "./the-cluster.ts";
import { until } from "./until.ts";

/** A cluster made a cell: Traefik with a certificate, the agent as its chart installs it, joined to a control plane or to none. */
export interface Cell {
  readonly cluster: TheCluster;
  readonly entrance: Entrance;
  /** As the control plane knows it; "" without one. */
  readonly id: string;
  readonly name: string;
}

/** Everything that a test of the whole path stands on. */
export interface Stage {
  readonly folder: string;
  readonly plane: ControlPlane;
  readonly cell: Cell;
  /** Has all networks taken away, and ends the control plane. The agent stays until the next stage, to finish with them. */
  readonly close: () => Promise<void>;
}

export const aFolder = (): string => mkdtempSync(join(tmpdir(), "cellplane-kube-"));

/** One control plane, one cell. */
export async function aStage(): Promise<Stage> {
  const folder = aFolder();
  const cluster = theCluster();
  await clear(cluster);
  const entrance = anEntrance(cluster, { folder, domain: "cell-1.test" });
  const plane = await aControlPlane({ folder, hostIp: cluster.hostIp, visitor: entrance.environment });
  const cell = await joinedCell(cluster, { entrance, plane, name: "cell-1" });
  return {
    ...{ folder, plane, cell },
    async close() {
      cluster.kubectl("delete", "networkinstances", "--all", "--wait=false");
      await plane.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Installs the agent and waits until the control plane knows where it is. */
export async function joinedCell(
  cluster: TheCluster,
  { entrance, plane, name }: { entrance: Entrance; plane: ControlPlane; name: string },
): Promise<Cell> {
  const { id, joinToken } = await plane.registerCell(name);
  // From inside the pods of one cluster this machine has another address than from those of the next.
  const controlPlane = `http://${cluster.hostIp}:${new URL(plane.url).port}`;
  installAgent(cluster, { entrance, controlPlane, joinToken });
  await until("the cell has joined", async () => (await plane.call("GET", `/v1/cells/${id}`)).json.url);
  return { cluster, entrance, id, name };
}

const TENANTS = "--selector=cellplane.dev/tenant=true";

/** Takes away what tests before this one have left: networks, then the agent with all that it kept. */
export async function clear(cluster: TheCluster): Promise<void> {
  if (cluster.get("crd", "networkinstances.cellplane.dev") !== undefined) {
    cluster.kubectl("delete", "networkinstances", "--all", "--wait=false");
    const left = () => cluster.list("networkinstances");
    if (agentPods(cluster).length > 0)
      await until("the agent lets them go", () => left().length === 0, { timeoutMs: 60_000 }).catch(() => {});
    // No agent is there to do it, or what a test before this one broke keeps it from that.
    for (const { metadata } of left()) letGo(cluster, metadata.name);
    await until("the networks are gone", () => left().length === 0);
  }
  cluster.kubectl("delete", "namespaces", TENANTS, "--wait=false", "--ignore-not-found");
  cluster.kubectl("delete", "namespace", "cellplane-system", "--ignore-not-found", "--timeout=60s");
  await until("their namespaces are gone", () => cluster.list("namespaces", TENANTS).length === 0);
}

function letGo(cluster: TheCluster, name: string): void {
  const { metadata } = cluster.get("networkinstance", name) ?? {};
  if (!metadata) return;
  const patch = JSON.stringify({ metadata: { finalizers: null } });
  cluster.kubectl("patch", "networkinstance", name, "--type=merge", "-p", patch);
}

/** Creates a network and waits until it is ready, that is: until a node could connect. */
export async function aNetwork({ plane, cell }: Pick<Stage, "plane" | "cell">, name: string): Promise<OwnNetwork> {
  const { status, json } = await plane.call("POST", "/v1/orgs/default/networks?wait=20", { name });
  if (status !== 202) throw new Error(`refused: ${JSON.stringify(json)}`);
  await settled(plane, json.operation.id);
  return ownNetwork({ plane, cell }, json.network.id);
}

/** Waits until an operation has ended well, and fails with what it says where it has not. */
export async function settled(plane: ControlPlane, id: string): Promise<Json> {
  for (const until = performance.now() + 120_000; performance.now() < until; ) {
    const { json } = await plane.call("GET", `/v1/operations/${id}?wait=20`);
    if (json.state === "succeeded") return json;
    if (json.state === "failed" || json.state === "cancelled") throw new Error(JSON.stringify(json.error));
  }
  throw new Error(`operation ${id} did not end`);
}

/** A network that is ready, with calls by a network token that is made anew before it ends. */
export async function ownNetwork({ plane, cell }: Pick<Stage, "plane" | "cell">, id: string): Promise<OwnNetwork> {
  const { json } = await plane.call("GET", `/v1/networks/${id}`);
  const { api, nats } = json.endpoints;
  let token = "";
  let until = 0;
  return {
    ...{ id, name: id.replace("_", "-"), api, nats },
    async call(method, path, body) {
      if (Date.now() > until) {
        const made = await plane.call("POST", `/v1/networks/${id}/token`);
        token = made.json.token;
        until = Date.now() + 10 * 60_000;
      }
      return cell.entrance.ask(`${api}${path}`, { method, body, headers: { authorization: `Bearer ${token}` } });
    },
  };
}

/** The label of the agent's pods. */
export const AGENT = "app.kubernetes.io/name=cell-agent";

export const agentPods = (cluster: TheCluster): Json[] => cluster.list("pods", "-n", "cellplane-system", "-l", AGENT);

/** The replica that leads, by the lease that it holds. */
export function leaderPod(cluster: TheCluster): string {
  const [lease] = cluster.list("leases", "-n", "cellplane-system");
  const holder: string = lease?.spec.holderIdentity ?? "";
  const pod = agentPods(cluster).find(({ metadata }) => holder.startsWith(metadata.name));
  if (!pod) throw new Error(`no pod holds the lease: "${holder}"`);
  return pod.metadata.name;
}

/** Sets the clock of the agent's programs back by so many days: another `Date`, given from outside, as another clock would be. */
export async function setAgentClock(cluster: TheCluster, days: number): Promise<void> {
  const shifted = `const real = Date; const offset = ${days * 86_400_000};
    globalThis.Date = class Date extends real {
      constructor(...given) { given.length > 0 ? super(...given) : super(real.now() + offset); }
      static now() { return real.now() + offset; }
    };`;
  const url = `data:text/javascript;base64,${Buffer.from(shifted).toString("base64")}`;
  const setting = days === 0 ? "NODE_OPTIONS-" : `NODE_OPTIONS=--import=${url}`;
  const before = agentPods(cluster).map(({ metadata }) => metadata.uid);
  cluster.kubectl("-n", "cellplane-system", "set", "env", "deployment/cell-agent", setting);
  const isReady = ({ status }: Json) =>
    status.conditions?.some((one: Json) => one.type === "Ready" && one.status === "True");
  await until("an agent of the new ones leads", () => {
    const pods = agentPods(cluster);
    return pods.every(({ metadata }) => !before.includes(metadata.uid)) && pods.some(isReady);
  });
}

/** A cell that belongs to no control plane: its networks are written with kubectl. */
export async function aloneCell(cluster: TheCluster, folder: string): Promise<Cell> {
  const entrance = anEntrance(cluster, { folder, domain: "cell-1.test" });
  installAgent(cluster, { entrance });
  return { cluster, entrance, id: "", name: "alone" };
}
