import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planDeployment, TEMPLATE_HASH, templateHash } from "../../../../standalone/cluster/controllers/deployment.ts";
import type { Deployment, Pod } from "../../../../standalone/cluster/objects/shapes.ts";
import { aDeployment } from "../programs.ts";

const NOW = Date.parse("2026-01-01T00:01:00.000Z");

type Rolling = { maxSurge?: number | string; maxUnavailable?: number | string };

const deploymentOf = (replicas: number, rollingUpdate: Rolling, more: object = {}): Deployment => {
  const base = aDeployment("ns") as Deployment;
  return {
    ...base,
    metadata: { ...base.metadata, generation: 1 },
    spec: { ...base.spec, replicas, strategy: { type: "RollingUpdate", rollingUpdate }, ...more },
  };
};

interface PodState {
  fresh: boolean;
  ready: boolean;
  going?: boolean;
  readyAt?: number;
}

const podOf = (deployment: Deployment, { fresh, ready, going, readyAt = NOW - 30_000 }: PodState, n: number): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `p${n}`,
    labels: { [TEMPLATE_HASH]: fresh ? templateHash(deployment.spec.template) : "before" },
    creationTimestamp: new Date(NOW - 50_000 + n).toISOString(),
    ...(going ? { deletionTimestamp: new Date(NOW).toISOString() } : {}),
  },
  spec: deployment.spec.template.spec,
  status: {
    phase: "Running",
    conditions: [
      { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: new Date(readyAt).toISOString() },
    ],
    containerStatuses: [],
  },
});

const plan = (deployment: Deployment, states: PodState[], now = NOW) => {
  const { create, remove, status, again } = planDeployment(
    deployment,
    states.map((state, n) => podOf(deployment, state, n)),
    now,
  );
  return { create, remove: remove.map(({ metadata }) => metadata.name), status, again };
};

const old = { fresh: false, ready: true };
const fresh = { fresh: true, ready: true };
const starting = { fresh: true, ready: false };
const oneMore = { maxSurge: 1, maxUnavailable: 0 };

describe("the plan of a deployment", () => {
  it.each([
    ["starts the first pod", 1, oneMore, [], 1, []],
    ["adds the successor before it stops the old one", 1, oneMore, [old], 1, []],
    ["waits for the successor", 1, oneMore, [old, starting], 0, []],
    ["stops the old one once the successor is ready", 1, oneMore, [old, fresh], 0, ["p0"]],
    ["is content", 1, oneMore, [fresh], 0, []],
    [
      "keeps an old pod that is not ready while nothing better stands",
      1,
      oneMore,
      [{ ...old, ready: false }, starting],
      0,
      [],
    ],
    ["stops before it starts without a surge", 1, { maxSurge: 0, maxUnavailable: 1 }, [old], 0, ["p0"]],
    ["rolls a part at a time", 4, { maxSurge: "25%", maxUnavailable: "25%" }, [old, old, old, old], 1, ["p0"]],
    ["scales down", 1, oneMore, [fresh, fresh, fresh], 0, ["p0", "p1"]],
    [
      "does without one when neither more nor less is allowed",
      2,
      { maxSurge: 0, maxUnavailable: 0 },
      [old, old],
      0,
      ["p0"],
    ],
    ["does not count what is on its way out", 1, oneMore, [{ ...fresh, going: true }], 1, []],
  ])("%s", (_, replicas, rolling, pods, create, remove) => {
    expect(plan(deploymentOf(replicas, rolling), pods)).toMatchObject({ create, remove });
  });

  it("recreates only after the old pods have ended", () => {
    const deployment = deploymentOf(1, {}, { strategy: { type: "Recreate" } });
    expect(plan(deployment, [old])).toMatchObject({ create: 0, remove: ["p0"] });
    expect(plan(deployment, [{ ...old, going: true }])).toMatchObject({ create: 0, remove: [] });
    expect(plan(deployment, [])).toMatchObject({ create: 1, remove: [] });
  });

  it("waits minReadySeconds before it trusts a new pod, and says when to look again", () => {
    const deployment = deploymentOf(1, oneMore, { minReadySeconds: 10 });
    const young = { ...fresh, readyAt: NOW - 4_000 };
    expect(plan(deployment, [old, young])).toMatchObject({ remove: [], again: NOW + 6_000 });
    expect(plan(deployment, [old, young], NOW + 6_000)).toMatchObject({ remove: ["p0"] });
  });

  it("says that nothing moves any more after the deadline", () => {
    const deployment = deploymentOf(1, oneMore, { progressDeadlineSeconds: 60 });
    const status = plan(deployment, [starting]).status as Deployment["status"];
    const later = plan({ ...deployment, ...(status ? { status } : {}) }, [starting], NOW + 61_000).status;
    expect(later.conditions).toContainEqual(
      expect.objectContaining({ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }),
    );
  });

  it("rolls whatever changes in the template, an annotation too", () => {
    const template = deploymentOf(1, oneMore).spec.template;
    const annotated = { ...template, metadata: { ...template.metadata, annotations: { a: "b" } } };
    expect(templateHash(annotated)).not.toBe(templateHash(template));
  });

  it("never has more pods nor fewer available ones than allowed, and always arrives", () => {
    const state = fc.record({ fresh: fc.boolean(), ready: fc.boolean() });
    const limits = fc.record({ maxSurge: fc.nat(3), maxUnavailable: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        limits,
        fc.array(state, { maxLength: 8 }),
        (replicas, rolling, begin) => {
          const deployment = deploymentOf(replicas, rolling);
          let pods: PodState[] = begin;
          for (let step = 0; step < 60; step += 1) {
            const { create, remove } = plan(deployment, pods);
            const available = pods.filter(({ ready }) => ready).length;
            const rest = pods.filter((_, n) => !remove.includes(`p${n}`));
            const left = rest.filter(({ ready }) => ready).length;
            const floor = replicas - Math.max(rolling.maxUnavailable, rolling.maxSurge === 0 ? 1 : 0);
            expect(left).toBeGreaterThanOrEqual(Math.min(available, floor));
            if (create > 0) expect(pods.length + create).toBeLessThanOrEqual(replicas + rolling.maxSurge);
            if (create === 0 && remove.length === 0 && pods.every(({ ready }) => ready)) break;
            // The world's turn: what was started becomes ready, what was stopped is gone.
            pods = [...rest.map((pod) => ({ ...pod, ready: pod.fresh || pod.ready })), ...Array(create).fill(starting)];
          }
          expect(pods.filter((pod) => pod.fresh && pod.ready)).toHaveLength(replicas);
          expect(pods).toHaveLength(replicas);
        },
      ),
    );
  });
});
