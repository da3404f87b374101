import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell, elsewhere, synthesize, synthesizeCell, type Template, withReplica } from "./synthesize.ts";

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
    const ids = Object.entries(template.Resources)
      .filter(([, { Type }]) => stateful.includes(Type))
      .map(([id, { Type }]) => `${Type} ${id}`)
      .sort();
    await expect(`${ids.join("\n")}\n`).toMatchFileSnapshot(`golden/${name}-stateful.txt`);
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
