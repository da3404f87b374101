import { describe, expect, it } from "vitest";
import type { KubeObject } from "#core/model/kube-object.ts";
import { ownershipOf, ownsAll } from "../../cell-agent/ownership.ts";

/** As the agent applies it: a map, a list whose entries have names, one whose key the API server fills in, a set, a list of one piece. */
const manifest: KubeObject = {
  apiVersion: "v1",
  kind: "Thing",
  metadata: {
    name: "thing",
    namespace: "net-1",
    labels: { app: "x" },
    annotations: { "cellplane.dev/applied-hash": "1" },
    finalizers: ["cellplane.dev/a"],
  },
  spec: {
    replicas: 1,
    selector: {},
    containers: [{ name: "one", image: "a:1", ports: [{ containerPort: 80 }] }],
    modes: ["ReadWriteOnce"],
    rules: [{ from: ["a"] }],
  },
};

type Fields = { [name: string]: Fields };
/** What the API server keeps of that apply. */
const whole = (): Fields => ({
  "f:metadata": {
    "f:labels": { "f:app": {} },
    "f:annotations": { "f:cellplane.dev/applied-hash": {} },
    "f:finalizers": { 'v:"cellplane.dev/a"': {} },
  },
  "f:spec": {
    "f:replicas": {},
    "f:containers": {
      'k:{"name":"one"}': {
        ".": {},
        "f:name": {},
        "f:image": {},
        "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } },
      },
    },
    "f:modes": { 'v:"ReadWriteOnce"': {} },
    "f:rules": {},
  },
});
const without = (...path: string[]): Fields => {
  const fields = whole();
  const inner = path.slice(0, -1).reduce((at, name) => at[name] ?? {}, fields);
  delete inner[path.at(-1) ?? ""];
  // The API server keeps nothing empty.
  return Object.keys(inner).length > 0 || path.length === 1 ? fields : without(...path.slice(0, -1));
};
const owned = (fieldsV1: Fields, more: object[] = []) =>
  ownershipOf({
    metadata: {
      name: "thing",
      managedFields: [{ manager: "cellplane", operation: "Apply", fieldsV1 }, ...(more as Record<string, unknown>[])],
    },
  });
const isOurs = (fields: Fields): boolean => {
  const ownership = owned(fields);
  return ownership !== undefined && ownsAll(ownership, manifest);
};

describe("whose the fields of an object are", () => {
  it("says that all we applied is ours, whatever the API server filled in", () => {
    expect(isOurs(whole())).toBe(true);
  });

  const one = ["f:spec", "f:containers", 'k:{"name":"one"}'];
  it.each<[string, string[]]>([
    ["a value somebody set", ["f:spec", "f:replicas"]],
    ["a label somebody changed or dropped", ["f:metadata", "f:labels", "f:app"]],
    ["our mark", ["f:metadata", "f:annotations", "f:cellplane.dev/applied-hash"]],
    ["a member of an entry", [...one, "f:image"]],
    ["all members of an entry of which the frame is left", [...one, "f:ports"]],
    ["a whole entry", one],
    ["an entry whose key was filled in", [...one, "f:ports", 'k:{"containerPort":80,"protocol":"TCP"}']],
    ["a value of a set", ["f:spec", "f:modes"]],
    ["a list of one piece", ["f:spec", "f:rules"]],
    ["everything", ["f:spec"]],
  ])("sees that %s is ours no more", (_, path) => {
    expect(isOurs(without(...path))).toBe(false);
  });

  it("sees that nothing is ours, and asks nothing of a cluster that does not tell", () => {
    expect(ownershipOf({ metadata: { name: "thing" } })).toBeUndefined();
    const strangers = ownershipOf({
      metadata: { name: "thing", managedFields: [{ manager: "kubectl-edit", operation: "Update", fieldsV1: whole() }] },
    });
    expect(strangers && ownsAll(strangers, manifest)).toBe(false);
  });

  it("does not take our own other writes for an apply, and names the other writers", () => {
    const ownership = owned(whole(), [
      { manager: "kube-controller-manager", operation: "Update", subresource: "status", fieldsV1: {} },
      { manager: "kubectl-edit", operation: "Update", fieldsV1: {} },
      { manager: "hpa", operation: "Update", subresource: "scale", fieldsV1: {} },
    ]);
    expect(ownership?.others).toEqual(["hpa", "kubectl-edit"]);
  });

  it("counts what we made by a plain create as ours", () => {
    const { "f:spec": spec = {}, "f:metadata": metadata = {} } = whole();
    const made = ownershipOf({
      metadata: {
        name: "thing",
        managedFields: [
          { manager: "cellplane", operation: "Update", fieldsV1: { "f:metadata": metadata } },
          { manager: "cellplane", operation: "Apply", fieldsV1: { "f:spec": spec } },
        ],
      },
    });
    expect(made && ownsAll(made, manifest)).toBe(true);
  });

  it("is one value for all that are equal, so that a thousand networks cost as much as one", () => {
    expect(owned(whole())).toBe(owned(whole()));
    expect(owned(whole())).not.toBe(owned(without("f:spec", "f:replicas")));
  });
});
