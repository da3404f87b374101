import { describe, expect, it } from "vitest";
import { dialOf, readyPodOf, serviceDoors, serviceOf } from "#adapters/kubernetes/service-doors.ts";
import type { KubeObject } from "#core/model/kube-object.ts";

const ports = [
  { name: "http", port: 8080 },
  { name: "internal", port: 8444 },
];
const service = (clusterIP?: string): KubeObject => ({
  ...{ apiVersion: "v1", kind: "Service", metadata: { name: "orchestrator", namespace: "a" } },
  spec: { ...(clusterIP === undefined ? {} : { clusterIP }), selector: { app: "orchestrator" }, ports },
});
const pod = (name: string, podIP: string, of: { app?: string; ready?: string; leaves?: boolean } = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    ...{ name, namespace: "a", labels: { app: of.app ?? "orchestrator", other: "label" } },
    ...(of.leaves ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
  status: { podIP, conditions: [{ type: "Ready", status: of.ready ?? "True" }] },
});

describe("where a Service leads", () => {
  it("is its own address, whatever pods there are", () => {
    expect(dialOf(serviceOf(service("10.0.0.7")), "internal", [])).toEqual({ host: "10.0.0.7", port: 8444 });
    expect(dialOf(serviceOf(service("10.0.0.7")), "metrics", [])).toBeUndefined();
  });

  it("is a pod that it selects and that is ready, where it is headless", () => {
    const pods = [
      pod("broker", "10.1.0.1", { app: "nats" }),
      pod("starting", "10.1.0.2", { ready: "False" }),
      pod("leaving", "10.1.0.3", { leaves: true }),
    ];
    const ready = (some: KubeObject[]) => some.flatMap((one) => readyPodOf(one) ?? []);
    expect(dialOf(serviceOf(service("None")), "internal", ready(pods))).toBeUndefined();
    expect(dialOf(serviceOf(service("None")), "internal", ready([...pods, pod("up", "10.1.0.4")]))).toEqual({
      host: "10.1.0.4",
      port: 8444,
    });
  });

  it("follows what watches tell: the pod that was ready last, until it goes", () => {
    const doors = serviceDoors();
    const dial = () => {
      const found = doors.service("a", "orchestrator");
      return found && dialOf(found, "http", doors.readyPods("a"));
    };
    doors.hear({ type: "present", object: pod("old", "10.1.0.1") });
    expect(dial()).toBeUndefined();
    doors.hear({ type: "present", object: service("None") });
    expect(dial()).toEqual({ host: "10.1.0.1", port: 8080 });
    doors.hear({ type: "present", object: pod("new", "10.1.0.2", { ready: "False" }) });
    expect(dial()).toEqual({ host: "10.1.0.1", port: 8080 });
    doors.hear({ type: "present", object: pod("new", "10.1.0.2") });
    expect(dial()).toEqual({ host: "10.1.0.2", port: 8080 });
    doors.hear({ type: "present", object: pod("new", "10.1.0.2", { leaves: true }) });
    expect(dial()).toEqual({ host: "10.1.0.1", port: 8080 });
    doors.hear({ type: "gone", object: pod("old", "10.1.0.1") });
    expect(dial()).toBeUndefined();
    doors.hear({ type: "gone", object: service("None") });
    expect(doors.service("a", "orchestrator")).toBeUndefined();
  });
});
