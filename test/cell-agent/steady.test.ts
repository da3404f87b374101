import { describe, expect, it } from "vitest";
import { objectNameOf } from "#core/model/ids.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import { essenceOf } from "../../cell-agent/observe/essence-of.ts";
import { type Grounds, keepSteady } from "../../cell-agent/steady.ts";
import { anInstance, ingredients, network } from "./a-network.ts";

const name = objectNameOf(network);
const { keys, credentials, addresses } = ingredients();
const looked = { at: 0, trust: "" };
const material = { keys, credentials, addresses, certificate: "", looked };

const budget = ({ hash = "h1", manager = "cellplane", version = "1" } = {}): KubeObject => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: {
    ...{ name: "nats", namespace: name, uid: "u", resourceVersion: version },
    annotations: { "cellplane.dev/applied-hash": hash },
    managedFields: [{ manager, operation: "Apply", fieldsV1: { "f:spec": { "f:maxUnavailable": {} } } }],
  },
});
const grounds = ({ generation, objects = [budget()], ...more }: Partial<Grounds> & More = {}): Grounds => {
  const instance = anInstance();
  const metadata = { ...instance.metadata, uid: "i", ...(generation === null ? {} : { generation: generation ?? 1 }) };
  return {
    ...{ instance: { ...instance, metadata }, material, volume: { template: 4, usable: 4, quota: 4 } },
    owned: objects.map(essenceOf),
    ...more,
  };
};
interface More {
  readonly generation?: number | null;
  readonly objects?: KubeObject[];
}

describe("that nothing is to be done", () => {
  const steady = keepSteady();
  steady.remember(name, grounds());

  it("holds while only versions and statuses change", () => {
    expect(steady.holds(name, grounds({ objects: [budget({ version: "2" })] }))).toBe(true);
  });

  it.each<[string, Partial<Grounds> & More]>([
    ["another order", { generation: 2 }],
    ["an order that nobody counts", { generation: null }],
    ["other secrets", { material: { ...material } }],
    ["a volume that grew", { volume: { template: 4, usable: 10, quota: 10 } }],
    ["an object that is gone", { objects: [] }],
    ["an object that somebody else applied", { objects: [budget({ hash: "h2" })] }],
    ["an object whose fields somebody took", { objects: [budget({ manager: "kubectl" })] }],
  ])("does not hold for %s", (_, change) => {
    expect(steady.holds(name, grounds(change))).toBe(false);
  });

  it("is not known of a network before it was seen, nor after it was forgotten", () => {
    const other = keepSteady();
    expect(other.holds(name, grounds())).toBe(false);
    other.remember(name, grounds());
    other.forget(name);
    expect(other.holds(name, grounds())).toBe(false);
  });
});
