import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cell,
  elsewhere,
  type Resource,
  synthesize,
  synthesizeCell,
  type Template,
  withReplica,
} from "./synthesize.ts";

/** What holds data, names or keys: were its logical id another one, CloudFormation would make an empty one in its place. */
const stateful = [
  "AWS::Cognito::UserPool",
  "AWS::Cognito::UserPoolClient",
  "AWS::DynamoDB::GlobalTable",
  "AWS::EC2::VPC",
  "AWS::EKS::Cluster",
  "AWS::KMS::Key",
  "AWS::KMS::ReplicaKey",
  "AWS::Route53::HostedZone",
  "AWS::SQS::Queue",
  "AWS::SecretsManager::Secret",
  "AWS::StepFunctions::StateMachine",
  "Custom::Cell",
];

const isStateful = ({ Type }: Resource) => stateful.includes(Type);

const statefulIds = ({ Resources }: Template): string => {
  const ids = Object.entries(Resources).filter(([, resource]) => isStateful(resource));
  return `${ids
    .map(([id, { Type }]) => `${Type} ${id}`)
    .sort()
    .join("\n")}\n`;
};

describe.each([
  ["home", () => synthesize(withReplica)],
  ["elsewhere", () => synthesize(elsewhere)],
  ["cell", () => synthesizeCell(cell)],
  ["cell-in-a-cluster", () => synthesizeCell({ ...cell, cluster: "shared" })],
])("the template of a deploy: %s", (name, make) => {
  let template: Template;
  let folder: string;
  let file: string;
  beforeAll(() => {
    ({ template, folder, file } = make());
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("keeps the logical id of all that has state", async () => {
    await expect(statefulIds(template)).toMatchFileSnapshot(`golden/${name}-stateful.txt`);
  });

  it("would be noticed if any of these had another logical id", () => {
    const golden = readFileSync(join(import.meta.dirname, `golden/${name}-stateful.txt`), "utf8");
    const all = Object.entries(template.Resources);
    for (const [id] of all.filter(([, resource]) => isStateful(resource))) {
      const renamed = all.map(([each, resource]) => [each === id ? `${id}Anew` : each, resource]);
      expect(statefulIds({ Resources: Object.fromEntries(renamed) })).not.toBe(golden);
    }
  });

  it("counts among these all that outlives its stack", () => {
    const kept = Object.values(template.Resources).filter(({ DeletionPolicy }) => DeletionPolicy === "Retain");
    // A version of a function or a state machine is made anew with each change of it, and kept for executions in flight.
    const others = kept.filter((resource) => !isStateful(resource) && !resource.Type.endsWith("Version"));
    expect(others.map(({ Type }) => Type)).toEqual([]);
  });

  it("has the shape that was reviewed: how many of each type", async () => {
    const counts: Record<string, number> = {};
    for (const { Type } of Object.values(template.Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
    const shape = Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
    await expect(`${JSON.stringify(shape, null, 2)}\n`).toMatchFileSnapshot(`golden/${name}-shape.json`);
  });

  it("is clean to cfn-lint", () => {
    // W3005: CDK states a function's dependency on its role although GetAtt implies it.
    const { stdout, stderr, error } = spawnSync("cfn-lint", ["--ignore-checks", "W3005", "--", file], {
      encoding: "utf8",
    });
    expect(error, "cfn-lint is needed in PATH (pip install cfn-lint)").toBeUndefined();
    expect(`${stdout}${stderr}`).toBe("");
  });
});
