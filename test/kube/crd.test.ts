import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { theCluster } from "./the-cluster.ts";

const crd = resolve(import.meta.dirname, "../../cell-agent/crd/networkinstances.yaml");
const OTHER_ORG = `org_${"1".repeat(26)}`;

/** What the API server itself makes of the CRD. No operator is asked: the instances are paused. */
describe("the NetworkInstance CRD", () => {
  const cluster = theCluster();
  const folder = mkdtempSync(join(tmpdir(), "cellplane-crd-"));
  const made: string[] = [];

  beforeAll(() => {
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", crd);
    cluster.kubectl("wait", "--for=condition=Established", "crd/networkinstances.cellplane.dev", "--timeout=30s");
  });
  afterAll(() => {
    for (const name of made) cluster.kubectl("delete", "netinst", name, "--wait=false", "--ignore-not-found");
    rmSync(folder, { recursive: true });
  });

  const anInstance = (order: { epoch?: number; generation?: number; access?: object; spec?: object } = {}) => {
    const id = randomBytes(13).toString("hex");
    const { spec = {}, ...rest } = order;
    return {
      ...{ apiVersion: "cellplane.dev/v1", kind: "NetworkInstance" },
      metadata: { name: `net-${id}`, annotations: { "cellplane.dev/paused": "true" } },
      spec: { network: `net_${id}`, ...rest, spec: { name: "factory-7", release: "0.1.0", ...spec } },
    };
  };
  function create(order: Parameters<typeof anInstance>[0] = {}): string {
    const instance = anInstance(order);
    made.push(instance.metadata.name);
    cluster.apply(instance);
    return instance.metadata.name;
  }
  const patch = (name: string, spec: object) =>
    cluster.kubectl("patch", "netinst", name, "--type=merge", "-p", JSON.stringify({ spec }));
  const instanceOf = (name: string) => cluster.get("netinst", name);

  it("takes a short sample and fills in the rest", () => {
    const name = create();
    expect(instanceOf(name).spec.spec).toEqual({
      ...{ name: "factory-7", release: "0.1.0", plan: "starter", settings: {} },
      org: `org_${"0".repeat(26)}`,
    });
  });

  it.each<[string, (instance: ReturnType<typeof anInstance>) => object, RegExp]>([
    ["a name that is not its id", (one) => ({ ...one, metadata: { name: "factory" } }), /metadata.name must be/],
    ["half a fence", (one) => ({ ...one, spec: { ...one.spec, epoch: 1 } }), /belong together/],
    ["an unknown plan", (one) => ({ ...one, spec: { ...one.spec, spec: { ...one.spec.spec, plan: "huge" } } }), /plan/],
    ["no release", (one) => ({ ...one, spec: { ...one.spec, spec: { name: "x" } } }), /release/],
    [
      "an odd hash",
      (one) => ({ ...one, spec: { ...one.spec, access: { keys: [{ id: "a", sha256: "x", role: "owner" }] } } }),
      /sha256/,
    ],
    [
      "two keys of one id",
      (one) => ({ ...one, spec: { ...one.spec, access: { keys: [aKey("a"), aKey("a")] } } }),
      /Duplicate value/,
    ],
    ["an epoch of nobody", (one) => ({ ...one, spec: { ...one.spec, epoch: 0, generation: 1 } }), /epoch/],
  ])("refuses %s", (_, change, expected) => {
    expect(() => cluster.apply(change(anInstance()))).toThrow(expected);
  });

  const ordered = { epoch: 2, generation: 5, spec: { settings: { a: 1, deep: { b: [1] } } } };
  it.each<[string, object, RegExp]>([
    ["a lower generation", { generation: 4 }, /never falls/],
    ["a lower epoch, whatever the generation", { epoch: 1, generation: 9 }, /never falls/],
    ["an order without its fence", { epoch: null, generation: null }, /never falls and never goes/],
    ["another size under the same fence", { spec: { plan: "large" } }, /control plane owns this spec/],
    ["another setting under the same fence", { spec: { settings: { a: 2 } } }, /control plane owns this spec/],
    ["another setting deep inside", { spec: { settings: { deep: { b: [2] } } } }, /control plane owns this spec/],
    ["a key under the same fence", { access: { keys: [aKey("a")] } }, /control plane owns this spec/],
    ["another network", { network: `net_${"1".repeat(26)}`, generation: 6 }, /network never changes/],
    ["another organization", { generation: 6, spec: { org: OTHER_ORG } }, /org never changes/],
  ])("refuses %s of an instance that the control plane ordered", (_, change, expected) => {
    const name = create(ordered);
    expect(() => patch(name, change)).toThrow(expected);
  });

  it.each<[string, object]>([
    ["a higher generation", { generation: 6, spec: { plan: "large" } }],
    ["a higher epoch, whatever the generation", { epoch: 3, generation: 1, spec: { release: "0.2.0" } }],
    ["the same again", { generation: 5 }],
  ])("takes %s", (_, change) => {
    const name = create(ordered);
    patch(name, change);
    expect(instanceOf(name).spec).toMatchObject(change);
  });

  it("lets people change what they wrote, and only what may change", () => {
    const name = create();
    patch(name, { spec: { plan: "large", settings: { x: null, y: [1] } }, access: { keys: [aKey("a"), aKey("b")] } });
    patch(name, { spec: { plan: "starter" } });
    expect(instanceOf(name).spec.access.keys).toHaveLength(2);
    expect(() => patch(name, { spec: { org: OTHER_ORG } })).toThrow(/org never changes/);
  });

  it("has one owner per field: who applies beside another is told of the conflict, and keys merge by their id", () => {
    const name = create();
    const { apiVersion, kind, spec } = instanceOf(name);
    const apply = (manager: string, keys: object[], plan?: string) =>
      applyAs(manager, {
        ...{ apiVersion, kind, metadata: { name } },
        spec: {
          network: spec.network,
          spec: { name: "factory-7", release: "0.1.0", ...(plan ? { plan } : {}) },
          access: { keys },
        },
      });
    apply("first", [aKey("a")], "starter");
    apply("second", [aKey("b")]);
    expect(
      instanceOf(name)
        .spec.access.keys.map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual(["a", "b"]);
    expect(() => apply("second", [aKey("b")], "large")).toThrow(/conflict.*"first".*spec.spec.plan/s);
    const owners = cluster.kubectl("get", "netinst", name, "--show-managed-fields", "-o", "json");
    expect(JSON.parse(owners).metadata.managedFields.map(({ manager }: { manager: string }) => manager)).toEqual(
      expect.arrayContaining(["first", "second"]),
    );
  });

  /** Server-side apply without force, as a careful person does it. */
  function applyAs(manager: string, object: object): void {
    const file = join(folder, "object.json");
    writeFileSync(file, JSON.stringify(object));
    cluster.kubectl("apply", "--server-side", `--field-manager=${manager}`, "-f", file);
  }

  it("explains its fields, and shows what matters in a list", () => {
    const explained = cluster.kubectl("explain", "networkinstance.spec.spec");
    expect(explained).toMatch(/release\s+<string> -required-\s+The release that its orchestrator runs/);
    expect(cluster.kubectl("explain", "networkinstance.status.phase")).toContain("a node could connect now");
    create();
    const [header = ""] = cluster.kubectl("get", "netinst").split("\n");
    expect(header.split(/\s{2,}/).map((column) => column.trim())).toEqual([
      ...["NAME", "PHASE", "RELEASE", "ONLINE", "NODES", "AGE"],
    ]);
    expect(cluster.kubectl("get", "netinst", "-o", "wide")).toMatch(/READY\s+MANAGED BY\s+API\s+MESSAGE/);
  });
});

function aKey(id: string) {
  return { id, sha256: "0".repeat(64), role: "owner" };
}
