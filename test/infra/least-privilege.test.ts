import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functionNames } from "../../infra/bundles.ts";
import { CELL_FUNCTION, rights, storeActions } from "../../infra/rights.ts";
import { judgeUnused } from "./assembly/unused-rights.ts";
import { elsewhere, functionNamed, home, type Json, ofType, synthesize, type Template } from "./synthesize.ts";

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: Json;
}

/** Actions for which IAM knows no resource but everything; composite alarms are among what only everything covers. */
const withoutResource = new Set([
  "cloudwatch:DescribeAlarms",
  "dynamodb:ListStreams",
  "logs:CreateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:DescribeLogGroups",
  "logs:DescribeResourcePolicies",
  "logs:GetLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:UpdateLogDelivery",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
]);

const statementsOf = (template: Template): [string, Statement][] =>
  ofType(template, "AWS::IAM::Policy").flatMap(([id, { Properties }]) =>
    Properties.PolicyDocument.Statement.map((statement: Statement) => [id, statement] as [string, Statement]),
  );
const actionsOf = ({ Action }: Statement): string[] => [Action].flat();

/** Names of the actions that a function's role allows on what is ours, by the statements of its policies. */
function allowed(template: Template, name: string): string[] {
  const role = functionNamed(template, name)[1].Properties.Role["Fn::GetAtt"][0];
  return ofType(template, "AWS::IAM::Policy")
    .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement.flatMap(actionsOf))
    .filter((action: string) => !/^(logs|xray):/.test(action))
    .sort();
}

describe.each([
  ["the home", home],
  ["another region", elsewhere],
])("the policies of %s", (_name, given) => {
  let template: Template;
  let folder: string;
  beforeAll(() => {
    ({ template, folder } = synthesize(given));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("allow no action by a wildcard", () => {
    const wild = statementsOf(template).filter(([, statement]) =>
      actionsOf(statement).some((action) => action.includes("*")),
    );
    expect(wild).toEqual([]);
  });

  it("allow everything (*) only to actions that know no resource", () => {
    const wide = statementsOf(template)
      .filter(([, { Resource }]) => [Resource].flat().includes("*"))
      .flatMap(([id, statement]) => actionsOf(statement).map((action) => [id, action]))
      .filter(([, action = ""]) => !withoutResource.has(action));
    expect(wide).toEqual([]);
  });

  it("come from this stack alone: no role has a policy that AWS may change", () => {
    for (const [, { Properties }] of ofType(template, "AWS::IAM::Role"))
      expect(Properties.ManagedPolicyArns).toBeUndefined();
  });

  it("let each role be taken by the one service that needs it", () => {
    for (const [, { Properties }] of ofType(template, "AWS::IAM::Role")) {
      const [statement, ...others] = Properties.AssumeRolePolicyDocument.Statement;
      expect(others).toEqual([]);
      expect(statement.Principal.Service).toMatch(/^(lambda|states|events)\.amazonaws\.com$/);
    }
  });

  it("have no secret in an environment", () => {
    const values = ofType(template, "AWS::Lambda::Function").flatMap(([, { Properties }]) =>
      Object.values(Properties.Environment.Variables),
    );
    expect(JSON.stringify(values)).not.toMatch(/resolve:secretsmanager|SecretString|cp[kjt]_|PRIVATE KEY/);
  });
});

describe("the rights of a function", () => {
  let template: Template;
  let folder: string;
  beforeAll(() => {
    ({ template, folder } = synthesize(home));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are written down for every function that is there, and for no other", () => {
    expect([...Object.keys(rights), CELL_FUNCTION].sort()).toEqual([...functionNames]);
  });

  it.each([
    [
      "follow-changes",
      [
        "dynamodb:DescribeStream",
        "dynamodb:GetItem",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:SendMessage",
        "states:StartExecution",
      ],
    ],
    [
      "apply-network",
      [
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "kms:GetPublicKey",
        "kms:GetPublicKey",
        "kms:Sign",
      ],
    ],
    ["canary", ["dynamodb:GetItem", "secretsmanager:GetSecretValue"]],
    [
      "advance-rollout",
      [
        "cloudwatch:DescribeAlarms",
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "states:StartExecution",
      ],
    ],
    ["take-home", ["dynamodb:GetItem", "dynamodb:PutItem"]],
  ])("%s may do this and nothing else", (name, expected) => {
    expect(allowed(template, name)).toEqual(expected);
  });

  it("name what they are for: the table or its indexes, one key, one secret, an alias", () => {
    const indexed = statementsOf(template).filter(([, statement]) => actionsOf(statement).includes("dynamodb:Query"));
    expect(indexed.length).toBeGreaterThan(0);
    for (const [, { Resource }] of indexed) expect(JSON.stringify(Resource)).toMatch(/index\/listing-1/);
    const starts = statementsOf(template).filter(([, statement]) =>
      actionsOf(statement).includes("states:StartExecution"),
    );
    for (const [, { Resource }] of starts)
      for (const arn of [Resource].flat()) expect(JSON.stringify(arn)).toMatch(/stateMachine:cellplane-[a-z-]+:live"/);
  });

  it("need a use or a reason, and no reason outlives a use", () => {
    const given = [
      { name: "meter", actions: ["dynamodb:PutItem", "dynamodb:DeleteItem"], why: "books later" },
      { name: "place-network", actions: ["dynamodb:Query"], why: "as long as it takes", sometimes: true },
    ] as const;
    const meter = ["cellplane-meter dynamodb:PutItem", "cellplane-meter dynamodb:DeleteItem"];
    const place = "cellplane-place-network dynamodb:Query";
    expect(judgeUnused(meter, given)).toEqual({ unexplained: [], stale: [] });
    expect(judgeUnused([...meter, place], given)).toEqual({ unexplained: [], stale: [] });
    const scan = "cellplane-meter dynamodb:Scan";
    expect(judgeUnused([...meter, scan], given)).toEqual({ unexplained: [scan], stale: [] });
    expect(judgeUnused(meter.slice(1), given)).toEqual({
      unexplained: [],
      stale: ["cellplane-meter dynamodb:PutItem"],
    });
  });

  it("know every way the store takes to DynamoDB", () => {
    const source = readFileSync(join(import.meta.dirname, "../../adapters/dynamodb.ts"), "utf8");
    const calls = [...source.matchAll(/new (\w+)Command\(/g)].map(([, call]) => call);
    const covered = new Set<string>(
      Object.values(storeActions)
        .flat()
        .map((action) => action.slice("dynamodb:".length)),
    );
    // A transaction is allowed by the rights of its parts.
    expect(calls.filter((call) => call !== "TransactWriteItems" && !covered.has(call ?? ""))).toEqual([]);
  });
});
