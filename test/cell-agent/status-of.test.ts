import { describe, expect, it } from "vitest";
import type { Observed, Phase } from "#core/model/network.ts";
import type { Contact } from "../../cell-agent/contact.ts";
import { noContact } from "../../cell-agent/contact.ts";
import { type Observations, saysTheSame, statusOf } from "../../cell-agent/status-of.ts";
import { workloadState } from "../../cell-agent/workload-state.ts";
import { anInstance, now } from "./a-network.ts";

const done = { done: true, reason: "Ready", message: "" };
const starting = { done: false, reason: "Starting", message: "0 of 1 ready" };
const open = { open: true, trouble: "" };
const shut = { open: false, trouble: "ECONNREFUSED" };
const said = { release: "1.2.3", ready: true, nodes: { online: 1, total: 2 }, accessGeneration: 1, version: "1" };
const met: Contact = { api: open, nats: open, checkedAt: now, orchestrator: said };
const good: Observations = {
  ...{ applyFailure: null, broker: done, orchestrator: done, contact: met, previous: undefined, notes: [], now },
  endpoints: { api: "https://a", nats: "tls://a:4222" },
  secrets: { rotation: 0, inUse: true, certificate: "AA" },
};
const look = (seen: Partial<Observations>, generation = 1): Observed =>
  statusOf(anInstance({ generation, accessGeneration: 1 }), { ...good, ...seen });

describe("the status of a network", () => {
  it("is ready when a node could connect, and says since when", () => {
    expect(look({})).toMatchObject({ phase: "ready", observedGeneration: 1, nodes: { online: 1, total: 2 } });
    const later = look({ previous: look({}), now: now + 60_000 });
    expect(later.conditions.every(({ since }) => since === "2026-01-01T00:00:00.000Z")).toBe(true);
    expect(saysTheSame(look({}), later)).toBe(true);
  });

  it.each<[string, Partial<Observations>, string]>([
    ["objects that could not be applied", { applyFailure: "the cluster refused: no" }, "Applied"],
    ["a broker that starts", { broker: starting }, "BrokerReady"],
    ["an orchestrator that starts", { orchestrator: starting }, "OrchestratorReady"],
    ["a silent orchestrator", { contact: { ...met, orchestrator: null } }, "OrchestratorReady"],
    [
      "an orchestrator of another release",
      { contact: { ...met, orchestrator: { ...said, release: "1.2.2" } } },
      "OrchestratorReady",
    ],
    ["an old access list", { contact: { ...met, orchestrator: { ...said, accessGeneration: 0 } } }, "AccessApplied"],
    ["a shut API", { contact: { ...met, api: shut } }, "RoutesAnswer"],
    ["a shut broker", { contact: { ...met, nats: shut } }, "RoutesAnswer"],
  ])("is not ready with %s", (_, wrong, type) => {
    const status = look(wrong);
    expect(status.phase).toBe("provisioning");
    const found = status.conditions.filter((one) => one.status !== "True").map((one) => one.type);
    expect(found).toContain(type);
    expect(found).toContain("Settled");
    expect(look({ ...wrong, previous: look({}) }).phase).toBe("degraded");
  });

  describe("after a rotation was asked for", () => {
    const instance = anInstance({ generation: 2, accessGeneration: 1 });
    const asked = { spec: { ...instance.spec, spec: { ...instance.spec.spec, rotation: 1 } } };
    const showing = (certificate: string): Contact => ({ ...met, nats: { ...open, certificate } });
    const rotated = { rotation: 1, inUse: true, certificate: "BB" };
    it.each<[string, Partial<Observations>, Phase]>([
      ["old keys", { secrets: { ...rotated, rotation: 0 }, contact: showing("BB") }, "updating"],
      [
        "something sealed with the old key",
        { secrets: { ...rotated, inUse: false }, contact: showing("BB") },
        "updating",
      ],
      ["a broker that shows the old certificate", { secrets: rotated, contact: showing("AA") }, "updating"],
      ["a broker that nobody looked at", { secrets: rotated, contact: met }, "updating"],
      ["all of it in use", { secrets: rotated, contact: showing("BB") }, "ready"],
    ])("%s", (_, seen, phase) => {
      expect(statusOf(asked, { ...good, previous: look({}), ...seen }).phase).toBe(phase);
    });

    it("a certificate that is renewed later is no rotation", () => {
      const previous = statusOf(asked, { ...good, secrets: rotated, contact: showing("BB") });
      const renewed = { ...rotated, certificate: "CC" };
      expect(statusOf(asked, { ...good, previous, secrets: renewed, contact: showing("BB") }).phase).toBe("ready");
    });
  });

  it.each<[Phase | undefined, number, boolean, Phase]>([
    [undefined, 1, false, "provisioning"],
    ["provisioning", 1, false, "provisioning"],
    ["provisioning", 2, false, "provisioning"],
    ["ready", 1, false, "degraded"],
    ["ready", 2, false, "updating"],
    ["updating", 2, false, "updating"],
    ["degraded", 1, false, "degraded"],
    ["degraded", 2, false, "updating"],
    ["degraded", 1, true, "ready"],
    ["updating", 2, true, "ready"],
  ])("goes from %s at generation %i, connectable: %s, to %s", (phase, generation, connectable, expected) => {
    const previous = phase && { ...look({}), phase, observedGeneration: phase === "updating" ? generation : 1 };
    const seen = look({ previous, ...(connectable ? {} : { broker: starting }) }, generation);
    expect(seen).toMatchObject({ phase: expected, observedGeneration: generation });
  });

  it("stays as it was while an agent that starts again has not looked yet, but not for a newer order", () => {
    const previous = look({});
    expect(look({ previous, contact: noContact }).phase).toBe("ready");
    expect(look({ previous, contact: noContact }, 2).phase).toBe("updating");
    expect(look({ contact: noContact }).phase).toBe("provisioning");
  });
});

describe("the state of a workload", () => {
  const workload = (status: object, generation = 1) => ({ metadata: { generation }, spec: { replicas: 1 }, status });
  const all = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1 };
  const crashing = {
    metadata: { name: "nats-0", labels: {} },
    status: { containerStatuses: [{ restartCount: 4, state: { waiting: { reason: "CrashLoopBackOff" } } }] },
  };

  it.each<[string, unknown, unknown[], string]>([
    ["nothing there", undefined, [], "NotApplied"],
    ["all of the newest template ready", workload(all), [], "Ready"],
    ["a change not seen yet", workload(all, 2), [], "RollingOut"],
    ["the old pod still there", workload({ ...all, replicas: 2 }), [], "RollingOut"],
    ["the new pod not ready", workload({ ...all, readyReplicas: 0 }), [], "Starting"],
    ["a pod that crashes", workload({ ...all, readyReplicas: 0 }), [crashing], "CrashLoopBackOff"],
    ["no status yet", { metadata: { generation: 1 } }, [], "Starting"],
  ])("%s", (_, object, pods, reason) => {
    expect(workloadState(object, pods)).toMatchObject({ reason, done: reason === "Ready" });
  });
});
