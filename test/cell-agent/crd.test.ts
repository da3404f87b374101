import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { NetworkInstance, WrittenInstance } from "#core/model/instance.ts";
import { instanceCrd } from "../../cell-agent/crd/definition.ts";
import type { StructuralSchema } from "../../cell-agent/crd/structural.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => parse(readFileSync(join(root, file), "utf8"), { version: "1.1" });

/** Every schema in a schema, by its path. */
function* within(schema: StructuralSchema, path: string): Generator<[path: string, schema: StructuralSchema]> {
  yield [path, schema];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) yield* within(inner, `${path}.${name}`);
  if (schema.items) yield* within(schema.items, `${path}[]`);
}
interface Version {
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
}
const [version] = (instanceCrd().spec as { versions: Version[] }).versions;
const schema = version?.schema.openAPIV3Schema ?? {};
const all = ["spec", "status"].flatMap((name) => [...within(schema.properties?.[name] ?? {}, name)]);

describe("the CustomResourceDefinition", () => {
  it("is checked in as the schemas make it (npm run crd)", () => {
    expect(read("cell-agent/crd/networkinstances.yaml")).toEqual(instanceCrd());
    expect(read("cell-agent/chart/crds/networkinstances.yaml")).toEqual(instanceCrd());
  });

  it("explains every field", () => {
    expect(all.length).toBeGreaterThan(50);
    const silent = all.filter(([path, { description }]) => !path.endsWith("]") && !description).map(([path]) => path);
    expect(silent).toEqual([]);
  });

  it("is structural: every field has a type, and nothing that Kubernetes refuses", () => {
    const refused = ["anyOf", "oneOf", "const", "$ref", "$schema", "propertyNames", "exclusiveMinimum"];
    for (const [path, one] of all) {
      expect(one.type, path).toBeTypeOf("string");
      expect(
        Object.keys(one).filter((keyword) => refused.includes(keyword)),
        path,
      ).toEqual([]);
      if (one.properties) expect(one, path).not.toHaveProperty("additionalProperties");
    }
  });

  it("says of every list how an apply merges it", () => {
    for (const [path, one] of all.filter(([, { type }]) => type === "array"))
      expect(one["x-kubernetes-list-type"], path).toMatch(/^(map|set|atomic)$/);
  });
});

describe("what people write", () => {
  it("is short, and complete when the agent has read it", () => {
    const written = read("examples/network-instance.yaml");
    expect(WrittenInstance.parse(written).spec.spec).toMatchObject({ plan: "starter", settings: {} });
    const later = { ...written, metadata: { ...written.metadata, generation: 4 } };
    expect(NetworkInstance.parse(later).spec).toMatchObject({
      ...{ epoch: 0, generation: 4 },
      spec: { org: "org_00000000000000000000000000", plan: "starter", settings: {} },
      access: { generation: 4, keys: [], issuers: [], revoked: [] },
    });
  });

  it("keeps a generation of its own where the access list has one", () => {
    const written = read("examples/network-instance.yaml");
    const spec = { ...written.spec, access: { generation: 9 } };
    expect(NetworkInstance.parse({ ...written, spec }).spec.access.generation).toBe(9);
  });

  it("is read also where the status is that of another agent", () => {
    const written = read("examples/network-instance.yaml");
    const parsed = NetworkInstance.parse({ ...written, status: { phase: "ready", conditions: [{ since: "x" }] } });
    expect(parsed).not.toHaveProperty("status");
  });
});
