import { describe, expect, it } from "vitest";
import type { KubeObject } from "#core/model/kube-object.ts";
import { heldOf, holdOf, saidOf } from "../../cell-agent/blockers-of.ts";

const MINUTE = 60_000;
const deletedAt = Date.UTC(2026, 0, 1);
const deletionTimestamp = new Date(deletedAt).toISOString();
const object = (kind: string, metadata: Partial<KubeObject["metadata"]> = {}, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "thing", ...metadata },
  ...more,
});
const held = (kind: string, ...finalizers: string[]) =>
  object(kind, { namespace: "net-1", deletionTimestamp, finalizers });

describe("what blocks a deletion", () => {
  it("is what a stranger's finalizer keeps, the namespace included, and not what Kubernetes releases in time", () => {
    const namespace = object("Namespace", { name: "net-1", deletionTimestamp, finalizers: ["stranger.example/hold"] });
    const inside = [
      held("Service", "stranger.example/hold"),
      held("PersistentVolumeClaim", "kubernetes.io/pvc-protection"),
      held("ConfigMap", "foregroundDeletion"),
      object("Secret", { namespace: "net-1", finalizers: ["stranger.example/hold"] }),
      namespace,
    ];
    expect(heldOf(namespace, inside).map(({ kind }) => kind)).toEqual(["Namespace", "Service"]);
  });

  it("is named by object, finalizer and actor", () => {
    const service = held("Service", "stranger.example/hold");
    const managedFields = [
      { manager: "cellplane", fieldsV1: { "f:spec": {} } },
      { manager: "kubectl-edit", fieldsV1: { "f:metadata": { "f:finalizers": { 'v:"stranger.example/hold"': {} } } } },
    ];
    expect(holdOf({ ...service, metadata: { ...service.metadata, managedFields } })).toBe(
      "Service net-1/thing is held by stranger.example/hold (set by kubectl-edit): whoever set that must release it",
    );
    expect(holdOf(service)).toContain("stranger.example/hold (of somebody else)");
  });

  it("is what the namespace says: finalizers at once, content that remains when it is late", () => {
    const say = (type: string) => ({ type, status: "True", message: type });
    const status = { conditions: [say("NamespaceFinalizersRemaining"), say("NamespaceContentRemaining")] };
    const namespace = object("Namespace", { deletionTimestamp }, { status });
    expect(saidOf(namespace, deletedAt + 5_000)).toEqual(["NamespaceFinalizersRemaining"]);
    expect(saidOf(namespace, deletedAt + 2 * MINUTE)).toEqual([
      "NamespaceFinalizersRemaining",
      "NamespaceContentRemaining",
    ]);
    expect(saidOf(object("Namespace"), deletedAt)).toEqual([]);
  });
});
