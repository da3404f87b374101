import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { kubeClient } from "#adapters/kubernetes/client.ts";
import { kubeconfigCluster, kubernetesCluster } from "#adapters/kubernetes.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { manifestsOf } from "../cell-agent/manifests-of.ts";
import { ENVIRONMENT, NODE_FLAGS } from "../cell-agent/node-flags.ts";
import { bundlesOf, cacheFolder } from "../standalone/bundle.ts";
import { anInstance, ingredients } from "../test/cell-agent/a-network.ts";
import { type AuditedRequest, auditedRequests, isWrite } from "./audit-log.ts";
import { mebibytes, percentile, print } from "./figures.ts";

/**
 * The agent with 1,000 networks on an API server without machines: `TEST_KUBECONFIG` names a cluster of its own for this, and
 * `TEST_KUBE_AUDIT_LOG` the audit log of its API server (level Metadata), from which requests are counted. `STEADY_MINUTES` (10), `INSTANCES` (1,000): the goals are those of a thousand.
 */
const INSTANCES = Number(process.env.INSTANCES ?? 1_000);
const DELETES = INSTANCES / 10;
const AT_ONCE = 16;
const steadyMinutes = Number(process.env.STEADY_MINUTES ?? 10);

const need = (name: string): string => {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set. See the first lines of bench/cell-agent.ts.`);
  return process.exit(2);
};
const kubeconfig = need("TEST_KUBECONFIG");
const auditLog = need("TEST_KUBE_AUDIT_LOG");
// As a pod the agent needs no library for this either.
const folder = mkdtempSync(join(tmpdir(), "cellplane-bench-"));
const plain = join(folder, "kubeconfig");
const view = ["config", "view", "--raw", "--minify", "--flatten", "-o", "json"];
writeFileSync(plain, execFileSync("kubectl", ["--kubeconfig", kubeconfig, ...view]), { mode: 0o600 });
const endpoint = await kubeconfigCluster(kubeconfig);
const api = kubeClient(endpoint, "cellplane-bench");
const nowhere = { host: "127.0.0.1", port: 1 };
const noIngress = { publicPorts: { api: 443, nats: 4222 }, dial: { api: nowhere, nats: nowhere } };
const root = join(import.meta.dirname, "..");
const { files } = await bundlesOf(["agent"], { cacheDir: cacheFolder(process.env, homedir()) });

const kubectl = (...args: string[]) => execFileSync("kubectl", ["--kubeconfig", kubeconfig, ...args]).toString();
kubectl("apply", "--server-side", "--force-conflicts", "-f", join(root, "cell-agent/crd/networkinstances.yaml"));
// What the chart makes. With the rights of an administrator the role need not list any.
for (const made of [
  ["namespace", "cellplane-system"],
  ["clusterrole", "cellplane-tenant", "--verb=get", "--resource=pods"],
])
  if (spawnSync("kubectl", ["--kubeconfig", kubeconfig, "get", ...made.slice(0, 2)]).status !== 0)
    kubectl("create", ...made);
kubectl("wait", "--for=condition=Established", "crd/networkinstances.cellplane.dev");

interface RunningAgent {
  readonly process: ChildProcess;
  readonly startedAt: number;
}

async function startAgent(): Promise<RunningAgent> {
  const startedAt = Date.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, files.agent], {
    env: {
      ...{ PATH: process.env.PATH, ...ENVIRONMENT },
      KUBECONFIG: plain,
      CELLPLANE_CELL_DOMAIN: "cell.example",
      CELLPLANE_INGRESS_API: "127.0.0.1:1",
      CELLPLANE_INGRESS_NATS: "127.0.0.1:1",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.once("exit", (code) => {
    if (code === 0) return;
    console.error("the agent ended by itself: this machine was too busy for its lease, or there is a bug");
    process.exit(1);
  });
  await once(child.stdout, "data");
  return { process: child, startedAt };
}

async function stopAgent({ process: child }: RunningAgent): Promise<void> {
  child.kill("SIGTERM");
  await once(child, "exit");
}

const statusOf = (child: ChildProcess, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
/** Of the process, in seconds. */
function cpuOf(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const nameOf = (n: number) => `net-${String(n).padStart(26, "0")}`;
const instances = "/apis/cellplane.dev/v1/networkinstances";
const create = (n: number) =>
  api.call({
    method: "POST",
    path: instances,
    body: {
      apiVersion: "cellplane.dev/v1",
      kind: "NetworkInstance",
      metadata: { name: nameOf(n) },
      spec: { network: nameOf(n).replace("-", "_"), spec: { name: `n-${n}`, release: "0.1.0" } },
    },
  });

async function inParallel(numbers: readonly number[], act: (n: number) => Promise<unknown>): Promise<void> {
  const rest = numbers.values();
  const worker = async () => {
    for (const n of rest) await act(n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function countOf(path: string): Promise<number> {
  const { items, metadata } = (await api.call({
    method: "GET",
    path,
    // Without a selector: only then the server says how many more there are.
    query: { limit: "1" },
  })) as { items: unknown[]; metadata: { remainingItemCount?: number } };
  return items.length + (metadata.remainingItemCount ?? 0);
}

async function until(isSo: () => Promise<boolean>): Promise<number> {
  const began = Date.now();
  while (!(await isSo())) await new Promise((done) => setTimeout(done, 250));
  return Date.now() - began;
}

/** Looks at Secrets go on for ever, each network's once a minute. */
const isLook = ({ verb, resource }: AuditedRequest): boolean => verb === "list" && resource === "secrets";

/** No request of the agent for so long, leases and looks apart; when the last one was. */
async function untilQuiet(since: number, forMs: number): Promise<number> {
  let last = since;
  await until(async () => {
    for (const request of auditedRequests(auditLog, since)) if (!isLook(request)) last = Math.max(last, request.at);
    return Date.now() - last > forMs;
  });
  return last;
}

/** How many of which sort, most first. */
function countsOf(requests: readonly AuditedRequest[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { verb, resource, code } of requests) {
    const what = `${verb} ${resource} ${code >= 400 ? code : ""}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** An API server that has just started lets a client down. */
const accepted = [() => true, () => false] as const;

/** What no agent can beat here: the same objects, stage by stage, applied by a client that does nothing else. Seconds for each network. */
async function bareClient(networks: number): Promise<number> {
  const bare = kubernetesCluster({ endpoint, ingress: noIngress, log: () => {} });
  const stages = manifestsOf(anInstance(), ingredients());
  const own = stages[0]?.[0]?.metadata.name ?? "";
  const began = Date.now();
  await inParallel(
    Array.from({ length: networks }, (_, n) => n),
    async (n) => {
      const mine = JSON.parse(JSON.stringify(stages).replaceAll(own, `bare-${n}`)) as KubeObject[][];
      for (const stage of mine)
        await Promise.all(
          stage.map(({ metadata: { ownerReferences: _owner, ...metadata }, ...object }) =>
            bare.apply({ ...object, metadata }),
          ),
        );
    },
  );
  bare.close();
  return (Date.now() - began) / 1_000 / networks;
}

const budgets = "/apis/policy/v1/poddisruptionbudgets";
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const all = Array.from({ length: INSTANCES }, (_, n) => n + 1);

let agent = await startAgent();
try {
  const burst = Date.now();
  await inParallel(all, create);
  print(`${INSTANCES} instances created, beside the agent`, seconds(Date.now() - burst));
  // One in the last stage of each.
  await until(async () => (await countOf(budgets)) >= INSTANCES);
  const made = Date.now() - burst;
  print("all objects there, since the first create", seconds(made), "≤ 35 s");
  await untilQuiet(burst, 15_000);
  const requests = auditedRequests(auditLog, burst);
  const looks = requests.filter(isLook).length;
  print("  requests per instance", ((requests.length - looks) / INSTANCES).toFixed(1), "≤ 20");
  print("  looks at its Secrets meanwhile", (looks / INSTANCES).toFixed(1));
  for (const [what, count] of countsOf(requests)) print(`    ${what}`, (count / INSTANCES).toFixed(2));
  print("  processor", `${cpuOf(agent.process).toFixed(1)} s`, "a Go operator: 8.8 s");
  print("  memory, peak", mebibytes(statusOf(agent.process, "VmHWM")), "≤ 200 MiB");

  const steady = Date.now();
  await new Promise((done) => setTimeout(done, steadyMinutes * 60_000));
  const writes = auditedRequests(auditLog, steady).filter(isWrite);
  print(`writes in ${steadyMinutes} steady minutes`, String(writes.length), "0");
  for (const { verb, resource } of writes.slice(0, 5)) print(`    ${verb}`, resource);
  print("  memory, steady", mebibytes(statusOf(agent.process, "VmRSS")), "≤ 150 MiB");

  await stopAgent(agent);
  agent = await startAgent();
  const last = await untilQuiet(agent.startedAt, 2_000);
  print("full pass after a restart, since the start", seconds(last - agent.startedAt), "≤ 3 s");
  print("  requests", String(auditedRequests(auditLog, agent.startedAt).length), "≤ 30");
  print("  memory after it", mebibytes(statusOf(agent.process, "VmRSS")), "≤ 150 MiB");

  const { TEST_KUBE_STOP_API: stopApi, TEST_KUBE_START_API: startApi } = process.env;
  if (stopApi && startApi) {
    const times: number[] = [];
    for (let n = 1; n <= 3; n++) {
      execFileSync("sh", ["-c", stopApi]);
      execFileSync("sh", ["-c", startApi]);
      await until(() => create(INSTANCES + n).then(...accepted));
      const created = Date.now();
      await until(async () => (await countOf(budgets)) >= INSTANCES + n);
      times.push(Date.now() - created);
    }
    print("a new one in order after the API server was killed", seconds(percentile(times, 1)), "≤ 5 s");
  }

  await inParallel(all.slice(0, DELETES), (n) => api.call({ method: "DELETE", path: `${instances}/${nameOf(n)}` }));
  const gone = await until(async () => {
    const { items } = (await api.call({ method: "GET", path: instances })) as {
      items: { metadata: { name: string } }[];
    };
    const left = new Set(items.map(({ metadata }) => metadata.name));
    return all.slice(0, DELETES).every((n) => !left.has(nameOf(n)));
  });
  print(`${DELETES} deletes gone`, seconds(gone), "≤ 40 s");

  const floor = await bareClient(DELETES);
  print(`the same objects for ${DELETES} more, applied by a bare client`, seconds(floor * DELETES * 1_000));
  print("  a network by the agent, compared with one by that", (made / 1_000 / INSTANCES / floor).toFixed(1));
} finally {
  await stopAgent(agent);
  api.close();
  rmSync(folder, { recursive: true });
}
