import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { kubeconfigCluster, kubernetesCluster } from "#adapters/kubernetes.ts";
import { systemClock } from "#adapters/world.ts";
import { type Leadership, lead } from "../../cell-agent/leadership.ts";
import { clearForProcesses, leaderName } from "./an-agent-process.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { theKubeconfig } from "./the-kubeconfig.ts";

const timing = { durationMs: 2_000, stopAfterMs: 1_200, renewEveryMs: 200 };
/** Nobody takes it over in the time of a test unless it was given back. */
const long = { ...timing, durationMs: 120_000, stopAfterMs: 90_000 };
const within = { timeout: 60_000, interval: 20 };
const ingress = {
  publicPorts: { api: 443, nats: 4222 },
  dial: { api: { host: "10.0.0.1", port: 443 }, nats: { host: "10.0.0.1", port: 4222 } },
};
const note = (name: string) => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "cellplane-system" } },
  data: { by: name },
});

const ends: (() => unknown)[] = [];
beforeEach(clearForProcesses);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A replica with a way of its own to the API server. */
async function aReplica(
  me: string,
  given = timing,
): Promise<{ proxy: FaultProxy; leads: Promise<Leadership | undefined> }> {
  const proxy = await startFaultProxy(await kubeconfigCluster(theKubeconfig().kubeconfig));
  const cluster = kubernetesCluster({ endpoint: proxy.endpoint, ingress, log: () => {} });
  const stop = new AbortController();
  const leads = lead({
    ...{ cluster, me, clock: systemClock, chance: Math.random, log: () => {}, signal: stop.signal, timing: given },
  });
  ends.push(async () => {
    stop.abort();
    proxy.inject();
    await (await leads)?.release().catch(() => {});
    cluster.close();
    await proxy.close();
  });
  return { proxy, leads };
}

it("is one replica's; a leader that is cut off stops writing before the next one begins", async () => {
  const first = await aReplica("first");
  const old = await first.leads;
  const second = await aReplica("second");
  let secondLeads = false;
  const next = second.leads.then((leadership) => {
    secondLeads = true;
    return leadership;
  });
  await old?.cluster.apply(note("first"));

  first.proxy.inject(() => "silence");
  await vi.waitFor(() => expect(old?.lost.aborted).toBe(true), within);
  expect(secondLeads).toBe(false);
  await (await next)?.cluster.apply(note("second"));

  first.proxy.inject();
  await expect(old?.cluster.apply(note("late"))).rejects.toMatchObject({ kind: "unavailable" });
});

it("is handed over, and not waited for, by a leader that ends well", async () => {
  const first = await aReplica("first", long);
  const old = await first.leads;
  const second = await aReplica("second", long);
  await old?.release();
  const began = performance.now();
  expect(await second.leads).toBeDefined();
  expect(performance.now() - began).toBeLessThan(long.durationMs / 2);
});

it("is won by one of many that race for it", async () => {
  const replicas = await Promise.all(["a", "b", "c", "d"].map((name) => aReplica(name)));
  const leaders = new Set<number>();
  replicas.forEach(({ leads }, index) => void leads.then((one) => one && leaders.add(index)));
  await vi.waitFor(() => expect(leaders.size).toBe(1), within);
  expect([...leaders]).toEqual(["a", "b", "c", "d"].flatMap((name, index) => (name === leaderName() ? [index] : [])));
});
