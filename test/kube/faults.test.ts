import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { joseVerifier } from "#adapters/jwt.ts";
import { type Client, kubeClient } from "#adapters/kubernetes/client.ts";
import { resourcePath } from "#adapters/kubernetes/resource-path.ts";
import { kubeconfigCluster, kubernetesCluster } from "#adapters/kubernetes.ts";
import { systemClock } from "#adapters/world.ts";
import { Refusal } from "#core/errors.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { startAgent } from "../../cell-agent/agent.ts";
import { type AgentProcess, anAgentProcess, clearForProcesses } from "./an-agent-process.ts";
import { type Fault, type FaultProxy, type Injection, startFaultProxy } from "./fault-proxy.ts";
import { theKubeconfig } from "./the-kubeconfig.ts";

/** A bad time of the API server, between it and the agent. */
interface Storm {
  /** What happens to requests; made anew for each storm, since it counts. */
  readonly injection: () => Injection;
  /** All connections are cut so often. */
  readonly cutEveryMs?: number;
  /** It has had its say when there were so many faults, cuts among them. */
  readonly faults: number;
}

type Asked = Parameters<Injection>[0];
const isWatch = ({ path }: Asked) => path.includes("watch=true");
const isWrite = ({ method }: Asked) => method !== "GET";
const isApply = ({ method, path }: Asked) => method === "PATCH" && path.includes("force=true");
/** Spared: who loses it ends on purpose (frozen.test.ts), and this is about one that works on. */
const isLease = ({ path }: Asked) => path.includes("/leases/");

/** The first of each so many of these requests has the next of the faults. */
function oneIn(every: number, faults: readonly Fault[], of: (asked: Asked) => boolean = () => true): Injection {
  let count = 0;
  let next = 0;
  return (asked) => {
    if (isLease(asked) || !of(asked) || count++ % every > 0) return undefined;
    return faults[next++ % faults.length];
  };
}
const status = (code: number, headers: Record<string, string> = {}): Fault => ({ status: code, headers });
/** How a watch that has begun well is told that its past is forgotten. */
const forgotten: Fault = { status: 200, body: { type: "ERROR", object: { kind: "Status", code: 410 } } };

const storms: Record<string, Storm> = {
  "every second apply is a conflict": { injection: () => oneIn(2, [status(409)], isApply), faults: 5 },
  "every watch is told that its past is forgotten": {
    injection: () => oneIn(1, [status(410), forgotten], isWatch),
    faults: 45,
  },
  "one request in three is put off, by more or by less than a call waits": {
    injection: () => oneIn(3, [status(429, { "retry-after": "1" }), status(429, { "retry-after": "6" })]),
    faults: 10,
  },
  "every request but a watch fails": {
    injection: () => oneIn(1, [status(500), status(503), status(504)], (asked) => !isWatch(asked)),
    faults: 8,
  },
  "every answer is slow": { injection: () => oneIn(1, [{ delayMs: 300 }, { delayMs: 1_200 }]), faults: 25 },
  "every second write is done and its answer lost": { injection: () => oneIn(2, ["answer lost"], isWrite), faults: 6 },
  "connections are cut, and watches in the middle of a word": {
    injection: () => oneIn(1, [{ cutAfterBytes: 100 }, { cutAfterBytes: 2_500 }], isWatch),
    ...{ cutEveryMs: 300, faults: 60 },
  },
};
/** And not before: in so long both networks are met by it several times. */
const AT_LEAST_MS = 2_000;
/**
 * Each of 15 watches is asked for once a second, twice at most, and at first five times more; then there is the work on two networks, of
 * 20 requests each. Measured are 25 to 80 in two seconds. What does not wait before it tries again asks for hundreds.
 */
const MOST_REQUESTS = { atFirst: 120, aSecond: 30 };

const kinds: readonly (readonly [apiVersion: string, kind: string])[] = [
  ["v1", "ResourceQuota"],
  ["v1", "LimitRange"],
  ["v1", "ServiceAccount"],
  ["v1", "Service"],
  ["v1", "Secret"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  ["apps/v1", "StatefulSet"],
  ["apps/v1", "Deployment"],
  ["traefik.io/v1alpha1", "IngressRoute"],
  ["traefik.io/v1alpha1", "IngressRouteTCP"],
  ["policy/v1", "PodDisruptionBudget"],
];

let api: Client;
const written: string[] = [];

beforeAll(async () => {
  api = kubeClient(await kubeconfigCluster(theKubeconfig().kubeconfig), "a-test");
  clearForProcesses();
});
afterAll(() => api?.close());

const SOON = { timeout: 60_000, interval: 200 };
const ingress = {
  publicPorts: { api: 443, nats: 4222 },
  dial: { api: { host: "127.0.0.1", port: 1 }, nats: { host: "127.0.0.1", port: 1 } },
};
const instanceRef = { apiVersion: "cellplane.dev/v1", kind: "NetworkInstance" };

async function write(): Promise<string> {
  const name = `net-${randomBytes(13).toString("hex")}`;
  const spec = { network: name.replace("-", "_"), spec: { name: "factory-7", release: "0.1.0" } };
  await api.call({
    ...{ method: "POST", path: resourcePath(instanceRef) },
    body: { ...instanceRef, metadata: { name }, spec },
  });
  written.push(name);
  return name;
}
const remove = (name: string) => api.call({ method: "DELETE", path: resourcePath(instanceRef, name) });

async function get(path: string): Promise<KubeObject | undefined> {
  try {
    return (await api.call({ method: "GET", path })) as KubeObject;
  } catch (error) {
    if (error instanceof Refusal && error.kind === "not-found") return undefined;
    throw error;
  }
}
async function list(apiVersion: string, kind: string, namespace: string, labelSelector = ""): Promise<KubeObject[]> {
  const path = resourcePath({ apiVersion, kind, namespace });
  const { items } = (await api.call({ method: "GET", path, query: { labelSelector } })) as { items: KubeObject[] };
  return items;
}

/** Everything that there is of a network, each with how often its spec was changed. */
async function objectsOf(name: string): Promise<string[]> {
  const ours = "app.kubernetes.io/managed-by=cellplane-cell-agent";
  const found = await Promise.all([
    ...kinds.map(async ([apiVersion, kind]) =>
      (await list(apiVersion, kind, name, ours)).map(({ metadata }) => [kind, metadata.name, metadata.generation]),
    ),
    list("apps/v1", "ReplicaSet", name).then((sets) => [["ReplicaSet", "of any name", sets.length]]),
    keptOf(name).then((secrets) => secrets.map(({ metadata }) => ["kept", metadata.name.replace(name, "NAME")])),
  ]);
  return found
    .flat()
    .map((words) => words.join(" "))
    .sort();
}
const keptOf = async (name: string) =>
  (await list("v1", "Secret", "cellplane-system")).filter(({ metadata }) => metadata.name.includes(name));

interface Seen {
  readonly applied: string | undefined;
  readonly objects: readonly string[];
}
async function seenOf(name: string): Promise<Seen> {
  const instance = await get(resourcePath(instanceRef, name));
  const { conditions = [] } = (instance?.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return { applied: conditions.find(({ type }) => type === "Applied")?.status, objects: await objectsOf(name) };
}

/** True where the keys that programs got are those that the agent kept: an answer that was lost made no second ones. */
async function hasKeptKeys(name: string): Promise<boolean> {
  const entry = (secret: KubeObject | undefined, file: string) =>
    Buffer.from((secret?.data as Record<string, string> | undefined)?.[file] ?? "", "base64").toString();
  const given = await get(resourcePath({ apiVersion: "v1", kind: "Secret", namespace: name }, "orchestrator"));
  const kept = (await keptOf(name)).find(({ metadata }) => metadata.name === `network-keys-${name}`);
  return entry(given, "sealing.key") === JSON.parse(entry(kept, "value.json")).keys.sealingKey;
}

async function isGone(name: string): Promise<boolean> {
  const found = [
    await get(resourcePath(instanceRef, name)),
    await get(resourcePath({ apiVersion: "v1", kind: "Namespace" }, name)),
    ...(await keptOf(name)),
  ];
  return found.every((one) => one === undefined);
}

/** While an agent is there: it holds each until all of it is gone. */
async function removeAll(): Promise<void> {
  for (const name of written) if (await get(resourcePath(instanceRef, name))) await remove(name);
  for (const name of written.splice(0)) await vi.waitUntil(() => isGone(name), SOON);
}

const ofNetwork = ({ requests }: FaultProxy, name: string) => requests.filter(({ path }) => path.includes(name)).length;

/** Nothing is asked for any more for this network: it waits in no queue. */
async function isQuiet(proxy: FaultProxy, name: string): Promise<void> {
  let before = Number.NaN;
  const look = () => {
    const now = ofNetwork(proxy, name);
    const isQuiet = now === before;
    before = now;
    return isQuiet;
  };
  await vi.waitUntil(look, { timeout: 60_000, interval: 1_000 });
}

/** A network that was made while nothing was wrong, with what there is of it. */
async function madeInCalm(proxy: FaultProxy): Promise<{ name: string; calm: Seen }> {
  const name = await write();
  await vi.waitUntil(async () => (await seenOf(name)).applied === "True", SOON);
  await isQuiet(proxy, name);
  return { name, calm: await seenOf(name) };
}

describe("an agent whose API server has a bad time", () => {
  let agent: AgentProcess;
  let calm: Seen;
  /** A network that is whole, left by whatever was before. */
  let standing: string | undefined;
  let exit: number | null | undefined;
  const going: string[] = [];

  beforeAll(async () => {
    agent = await anAgentProcess("first");
    void agent.ended.then((code) => {
      exit = code;
    });
    await vi.waitUntil(async () => (await agent.readyz()).status === 200, SOON);
    ({ name: standing, calm } = await madeInCalm(agent.proxy));
  });
  afterAll(async () => {
    await removeAll();
    await agent?.close();
  });

  async function aWholeNetwork(): Promise<string> {
    const name = standing ?? (await write());
    standing = undefined;
    await expect.poll(() => seenOf(name), SOON).toEqual(calm);
    return name;
  }

  it("is made of everything when nothing is wrong", () => {
    const isThere = (kind: string) => calm.objects.some((object) => object.startsWith(`${kind} `));
    expect(kinds.map(([, kind]) => kind).filter((kind) => !isThere(kind))).toEqual([]);
    expect(calm.objects).toEqual(expect.arrayContaining(["ReplicaSet of any name 1", "kept network-keys-NAME"]));
  });

  it.each(Object.entries(storms))("makes and takes away what it should while %s", async (_, storm) => {
    const { proxy } = agent;
    const doomed = await aWholeNetwork();

    const began = performance.now();
    const before = proxy.requests.length;
    let cuts = 0;
    const cut = () => {
      cuts += 1;
      proxy.cut();
    };
    proxy.inject(storm.injection());
    // Those that hang on to what they heard before begin anew, in the storm.
    cut();
    const cutting = storm.cutEveryMs === undefined ? undefined : setInterval(cut, storm.cutEveryMs);
    const end = () => {
      clearInterval(cutting);
      proxy.inject();
    };
    onTestFinished(end);
    const name = await write();
    await remove(doomed);
    const during = () => proxy.requests.slice(before).filter((asked) => !isLease(asked));
    const faults = () => during().filter(({ fault }) => fault !== undefined).length + cuts;
    await expect.poll(faults, SOON).toBeGreaterThanOrEqual(storm.faults);
    await expect.poll(() => performance.now() - began, SOON).toBeGreaterThan(AT_LEAST_MS);
    end();

    const seconds = (performance.now() - began) / 1_000;
    expect(during().length).toBeLessThan(MOST_REQUESTS.atFirst + MOST_REQUESTS.aSecond * seconds);
    await expect.poll(() => seenOf(name), SOON).toEqual(calm);
    expect(await hasKeptKeys(name)).toBe(true);
    await isQuiet(proxy, name);
    expect(exit, "the code with which the agent ended").toBeUndefined();
    going.push(doomed);
    standing = name;
  });

  it("misses nothing that went away while a watch was forgotten, even if it cannot begin anew at first", async () => {
    const { proxy } = agent;
    const name = await aWholeNetwork();
    const ofBudgets = ({ path }: Asked) => path.includes("poddisruptionbudgets?");
    const before = proxy.requests.length;
    const refused = () =>
      proxy.requests.slice(before).filter((asked) => ofBudgets(asked) && asked.fault !== undefined).length;

    onTestFinished(() => proxy.inject());
    proxy.inject((asked) => (ofBudgets(asked) ? status(410) : undefined));
    proxy.cut();
    await api.call({
      ...{ method: "DELETE" },
      path: resourcePath({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", namespace: name }, "nats"),
    });
    await expect.poll(refused, SOON).toBeGreaterThan(0);
    const forgotten = refused();
    proxy.inject((asked) => (ofBudgets(asked) ? status(500) : undefined));
    await expect.poll(refused, SOON).toBeGreaterThan(forgotten);
    proxy.inject();
    await expect.poll(() => seenOf(name), SOON).toEqual(calm);
    standing = name;
  });

  it("has taken away everything whose deletion began in a storm, and is the same process", async () => {
    for (const name of going) await expect.poll(() => isGone(name), SOON).toBe(true);
    expect((await agent.readyz()).status).toBe(200);
    expect(exit).toBeUndefined();
  });
});

it("makes and takes away what it should after its watches fell silent", async () => {
  const proxy = await startFaultProxy(await kubeconfigCluster(theKubeconfig().kubeconfig));
  const log = () => {};
  // A healthy API server says something once a minute. This test does not wait for more than that.
  const cluster = kubernetesCluster({ endpoint: proxy.endpoint, ingress, log, silentAfterMs: 2_000 });
  const settings = {
    ...{ controlPlane: undefined, joinToken: () => undefined, publicUrl: undefined, networkLimit: null },
    ...{ listen: { host: "127.0.0.1", port: 0 }, domain: "cell.test", doors: { natsProxyProtocol: false } },
  };
  const parts = { cluster, clock: systemClock, chance: Math.random, verifier: joseVerifier, log, settings };
  const agent = await startAgent(parts);
  try {
    const { name: doomed, calm } = await madeInCalm(proxy);
    proxy.silence();
    const name = await write();
    await remove(doomed);
    await expect.poll(() => seenOf(name), SOON).toEqual(calm);
    await remove(name);
    await expect.poll(() => isGone(doomed), SOON).toBe(true);
    await removeAll();
  } finally {
    await agent.close();
    cluster.close();
    await proxy.close();
  }
});
