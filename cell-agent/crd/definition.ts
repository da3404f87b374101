import { INSTANCE_API_VERSION, INSTANCE_KIND, WrittenInstance } from "#core/model/instance.ts";
import { annotated, type StructuralSchema, structuralSchema } from "./structural.ts";

const [group = "", version = ""] = INSTANCE_API_VERSION.split("/");

/** How server-side apply merges each list: by what names an entry, where entries have a name; else it is written as a whole. */
const listKeys: readonly (readonly [path: string, keys: readonly string[]])[] = [
  ["spec.access.keys", ["id"]],
  ["spec.access.issuers", ["issuer"]],
  ["spec.access.issuers.[].jwks.keys", ["kid"]],
  ["spec.access.revoked", ["sub", "before"]],
  ["status.conditions", ["type"]],
];
const wholeLists = ["spec.access.keys.[].workspaces", "spec.access.keys.[].cidrs", "status.blockers"];

interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

const fenceRules: readonly Rule[] = [
  {
    rule: "has(self.epoch) == has(self.generation)",
    message: "epoch and generation belong together: the control plane writes both, people neither",
  },
  {
    rule: "!has(oldSelf.epoch) || (has(self.epoch) && (self.epoch > oldSelf.epoch || (self.epoch == oldSelf.epoch && self.generation >= oldSelf.generation)))",
    message: "(epoch, generation) never falls and never goes: a newer order was accepted",
  },
  {
    rule: "!has(oldSelf.epoch) || !has(self.epoch) || self.epoch != oldSelf.epoch || self.generation != oldSelf.generation || (self.spec == oldSelf.spec && has(self.access) == has(oldSelf.access) && (!has(self.access) || self.access == oldSelf.access))",
    message: "the control plane owns this spec: change the network there, or write a higher generation",
  },
];

const immutable = (member: string, message: string): Rule => ({
  rule: `self.${member} == oldSelf.${member}`,
  message,
});

/** The CustomResourceDefinition, made of the schemas that the agent itself reads with. */
export function instanceCrd(): Record<string, unknown> {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `networkinstances.${group}` },
    spec: {
      group,
      names: {
        kind: INSTANCE_KIND,
        listKind: `${INSTANCE_KIND}List`,
        plural: "networkinstances",
        singular: "networkinstance",
        shortNames: ["netinst"],
        categories: ["cellplane"],
      },
      scope: "Cluster",
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schemaOfInstance() },
        },
      ],
    },
  };
}

function schemaOfInstance(): StructuralSchema {
  const { spec, status } = WrittenInstance.shape;
  const made: StructuralSchema = {
    type: "object",
    description: "One network of this cell: an orchestrator and its NATS broker in a namespace of their own.",
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structuralSchema(spec),
      status: structuralSchema(status),
    },
    "x-kubernetes-validations": [
      {
        rule: "self.metadata.name == self.spec.network.replace('_', '-')",
        message: 'metadata.name must be spec.network with "-" for "_"',
      },
    ],
  };
  const extras: readonly (readonly [path: string, extra: Record<string, unknown>])[] = [
    ...listKeys.map(
      ([path, keys]) => [path, { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [...keys] }] as const,
    ),
    ...wholeLists.map((path) => [path, { "x-kubernetes-list-type": "atomic" }] as const),
    ["spec", { "x-kubernetes-validations": [immutable("network", "network never changes"), ...fenceRules] }],
    ["spec.spec", { "x-kubernetes-validations": [immutable("org", "org never changes")] }],
  ];
  return extras.reduce((schema, [path, extra]) => annotated(schema, path.split("."), extra), made);
}

const condition = (type: string) => `.status.conditions[?(@.type=="${type}")].status`;

const columns = [
  { name: "Phase", type: "string", jsonPath: ".status.phase", description: "Where it is on its way." },
  { name: "Release", type: "string", jsonPath: ".status.release", description: "The release that runs." },
  { name: "Online", type: "integer", jsonPath: ".status.nodes.online", description: "Nodes that are connected." },
  { name: "Nodes", type: "integer", jsonPath: ".status.nodes.total", description: "Nodes that are enrolled." },
  { name: "Ready", type: "string", jsonPath: condition("Ready"), priority: 1 },
  { name: "Managed by", type: "string", jsonPath: ".status.managedBy", priority: 1 },
  { name: "API", type: "string", jsonPath: ".status.endpoints.api", priority: 1 },
  { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
] as const;
