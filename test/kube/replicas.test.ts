import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type AgentProcess, anAgentProcess, clearForProcesses, leaderName } from "./an-agent-process.ts";

const SOON = { timeout: 60_000, interval: 50 };
/** The lease is of 15 s, renewed each 2.5 s at the latest: nobody takes it sooner but from one who gave it back. */
const LEAST_LEASE_MS = 12_000;

const processes: AgentProcess[] = [];
const aReplica = async (name: string): Promise<AgentProcess> => {
  const one = await anAgentProcess(name);
  processes.push(one);
  return one;
};
const isReady = (one: AgentProcess) => vi.waitFor(async () => expect((await one.readyz()).status).toBe(200), SOON);

/** Two real processes, the first of which leads. */
async function aPair(): Promise<[AgentProcess, AgentProcess]> {
  const first = await aReplica("first");
  await isReady(first);
  const second = await aReplica("second");
  await vi.waitFor(async () => expect((await second.readyz()).status).toBe(503), SOON);
  return [first, second];
}

beforeEach(clearForProcesses);
afterEach(async () => {
  for (const one of processes.splice(0)) await one.close();
});

it("tells who is ready: the one that leads, while the other one says that it stands by", async () => {
  const [first, second] = await aPair();
  expect(await first.readyz()).toMatchObject({ status: 200, type: "application/json" });
  const { type, body } = await second.readyz();
  expect(type).toBe("application/problem+json");
  expect(JSON.parse(body)).toMatchObject({ type: "urn:cellplane:not-ready", status: 503, retryable: true });
  expect(JSON.parse(body).detail).toContain("stands by");
});

it("is handed over, and not waited for, when the leader is told to end", async () => {
  const [first, second] = await aPair();
  const began = performance.now();
  first.signal("SIGTERM");
  await isReady(second);
  expect(performance.now() - began).toBeLessThan(LEAST_LEASE_MS);
  expect(await first.ended).toBe(0);
  expect(leaderName()).toBe("second");
});

it("is handed over as soon when the leader never saw all of the cluster", async () => {
  const first = await aReplica("first");
  first.proxy.inject(({ path }) =>
    path.includes("/ingressroutes?") ? { status: 404, body: { kind: "Status", code: 404 } } : undefined,
  );
  await vi.waitFor(async () => {
    const { status, body } = await first.readyz();
    expect(status).toBe(503);
    expect(body).toContain("now for: IngressRoute.");
  }, SOON);
  const second = await aReplica("second");
  await vi.waitFor(async () => expect((await second.readyz()).body).toContain("stands by"), SOON);
  const began = performance.now();
  first.signal("SIGTERM");
  await isReady(second);
  expect(performance.now() - began).toBeLessThan(LEAST_LEASE_MS);
  expect(await first.ended).toBe(0);
});

it("is taken over when the lease of a killed leader has run out, and not before", async () => {
  const [first, second] = await aPair();
  const began = performance.now();
  first.signal("SIGKILL");
  expect(await first.ended).toBeNull();
  await vi.waitFor(() => expect(leaderName()).toBe("second"), SOON);
  expect(performance.now() - began).toBeGreaterThan(LEAST_LEASE_MS);
  await isReady(second);
});
