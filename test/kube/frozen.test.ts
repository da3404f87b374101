import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { kubeClient } from "#adapters/kubernetes/client.ts";
import { kubeconfigCluster } from "#adapters/kubernetes.ts";
import { type AgentProcess, anAgentProcess, clearForProcesses } from "./an-agent-process.ts";
import { theKubeconfig } from "./the-kubeconfig.ts";

const SOON = { timeout: 60_000, interval: 200 };
const name = "net-00000000000000000000000777";

const processes: AgentProcess[] = [];
const aReplica = async (replica: string): Promise<AgentProcess> => {
  const one = await anAgentProcess(replica);
  processes.push(one);
  return one;
};
const answers = (one: AgentProcess, status: number) =>
  vi.waitFor(async () => expect((await one.readyz()).status).toBe(status), SOON);

beforeEach(clearForProcesses);
afterEach(async () => {
  for (const one of processes.splice(0)) await one.close();
});

it("is not led by one that was frozen meanwhile: when it goes on, it writes nothing and ends", async () => {
  const { kubeconfig, kubectl, apply } = theKubeconfig();
  // Not by kubectl, which would stop this process, and the replicas' ways to the API server with it.
  const api = kubeClient(await kubeconfigCluster(kubeconfig), "a-test");
  const replicas = async () => {
    const path = `/apis/apps/v1/namespaces/${name}/deployments/orchestrator`;
    return ((await api.call({ method: "GET", path })) as { spec: { replicas: number } }).spec.replicas;
  };
  const first = await aReplica("first");
  await answers(first, 200);
  const second = await aReplica("second");
  await answers(second, 503);
  apply(`apiVersion: cellplane.dev/v1
kind: NetworkInstance
metadata: { name: ${name} }
spec: { network: ${name.replace("-", "_")}, spec: { name: factory-7, release: 0.1.0 } }
`);
  await vi.waitFor(async () => expect(await replicas()).toBe(1), SOON);

  first.signal("SIGSTOP");
  await answers(second, 200);
  const before = first.proxy.requests.length;
  // What it wakes up to is work: it hears of edits that it would have repaired.
  kubectl("-n", name, "scale", "deployment", "orchestrator", "--replicas=3");
  await vi.waitFor(async () => expect(await replicas()).toBe(1), SOON);
  first.signal("SIGCONT");
  expect(await first.ended).toBe(1);
  const { requests } = first.proxy;
  expect(requests.slice(before).filter(({ method }) => method !== "GET")).toEqual([]);

  kubectl("delete", "netinst", name, "--wait=false");
  const gone = () => api.call({ method: "GET", path: `/apis/cellplane.dev/v1/networkinstances/${name}` });
  await vi.waitFor(() => expect(gone()).rejects.toMatchObject({ kind: "not-found" }), {
    timeout: 60_000,
    interval: 200,
  });
  api.close();
});
