import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NetworkId } from "#core/model/ids.ts";
import { InstanceStatus, instanceStatusOf, observedOf } from "#core/model/instance-status.ts";
import { Observed, phases } from "#core/model/network.ts";

const network = NetworkId.parse(`net_${"0".repeat(25)}1`);
const time = fc.integer({ min: 0, max: 4e12 }).map((at) => new Date(at).toISOString());
const count = fc.integer({ min: 0, max: 10_000 });
const condition = fc.record({
  type: fc.constantFrom("Settled", "Applied", "BrokerReady", "Paused"),
  status: fc.constantFrom("True" as const, "False" as const, "Unknown" as const),
  ...{ reason: fc.string(), message: fc.string(), since: time },
});
const observed = fc
  .record({
    ...{ epoch: count, generation: fc.integer({ min: 1, max: 10_000 }), phase: fc.constantFrom(...phases) },
    release: fc.option(fc.constant("1.2.3")),
    endpoints: fc.option(fc.record({ api: fc.string(), nats: fc.string() })),
    conditions: fc.uniqueArray(condition, { selector: ({ type }) => type }),
    nodes: fc.record({ online: count, total: count }),
    reachable: fc.record({ api: fc.boolean(), nats: fc.boolean(), checkedAt: fc.option(time) }),
    ...{ blockers: fc.array(fc.string()), reportedAt: time },
  })
  .map((of) => Observed.parse({ ...of, network, observedGeneration: of.generation }));

describe("the status of the custom resource", () => {
  it("holds all that was observed, in the words of Kubernetes", () => {
    void fc.assert(
      fc.property(observed, fc.constantFrom("kubectl" as const, "control-plane" as const), (seen, managedBy) => {
        const status = instanceStatusOf(seen, { generation: 7, managedBy });
        expect(InstanceStatus.parse(JSON.parse(JSON.stringify(status)))).toEqual(status);
        expect(status).toMatchObject({ observedGeneration: 7, managedBy });
        expect(status.conditions.every(({ observedGeneration }) => observedGeneration === 7)).toBe(true);
        expect(status.conditions.some(({ type }) => type === "Settled")).toBe(false);
        expect(observedOf(network, status)).toEqual(seen);
      }),
    );
  });

  it("sums up in a condition Ready, which kubectl wait knows, and in one sentence", () => {
    const settled = {
      type: "Settled",
      status: "False" as const,
      reason: "Converging",
      message: "broker: 0 of 1 ready",
    };
    const [seen] = fc.sample(observed, 1);
    if (!seen) throw new Error("no sample");
    const since = "2026-01-01T00:00:00.000Z";
    const status = instanceStatusOf(
      { ...seen, conditions: [{ ...settled, since }] },
      { generation: 1, managedBy: "kubectl" },
    );
    expect(status.message).toBe("broker: 0 of 1 ready");
    expect(status.conditions).toEqual([
      { ...settled, type: "Ready", lastTransitionTime: since, observedGeneration: 1 },
    ]);
  });
});
