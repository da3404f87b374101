import { rmSync } from "node:fs";
import validate from "asl-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signalFilter, tableDefinition } from "#adapters/dynamodb/table.ts";
import { tasksOf } from "#step-functions/asl.ts";
import { workflows } from "#step-functions/index.ts";
import { functionNames } from "../../infra/bundles.ts";
import { CELL_FUNCTION } from "../../infra/rights.ts";
import { functionNamed, home, type Json, ofType, synthesize, type Template } from "./synthesize.ts";

describe("the control plane of a single region", () => {
  let template: Template;
  let folder: string;
  beforeAll(() => {
    ({ template, folder } = synthesize(home));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const only = (type: string) => {
    const found = ofType(template, type);
    expect(found.map(([id]) => id)).toHaveLength(1);
    return found[0]?.[1].Properties ?? {};
  };

  it("makes the intent table as the store wants it, and keeps it", () => {
    const [[, table] = []] = ofType(template, "AWS::DynamoDB::GlobalTable");
    expect(table).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    expect(table?.Properties).toMatchObject({
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "id", KeyType: "HASH" },
        { AttributeName: "kind", KeyType: "RANGE" },
      ],
      StreamSpecification: { StreamViewType: "NEW_IMAGE" },
      TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
      Replicas: [
        {
          Region: "eu-central-1",
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    });
    const indexes = table?.Properties.GlobalSecondaryIndexes.map(
      ({ IndexName, Projection }: { IndexName: string; Projection: { ProjectionType: string } }) => [
        IndexName,
        Projection.ProjectionType,
      ],
    );
    expect(indexes).toEqual(Object.keys(tableDefinition.indexes).map((name) => [name, "KEYS_ONLY"]));
  });

  it.each(functionNames.filter((name) => name !== "find-stream" && name !== CELL_FUNCTION))(
    "%s runs on arm64 and Node 24, bounded and traced",
    (name) => {
      const [, { Properties }] = functionNamed(template, name);
      expect(Properties).toMatchObject({
        Architectures: ["arm64"],
        Runtime: "nodejs24.x",
        TracingConfig: { Mode: "Active" },
        ReservedConcurrentExecutions: expect.any(Number),
        LoggingConfig: { LogGroup: expect.anything() },
      });
    },
  );

  it("keeps every log for a month and no longer", () => {
    for (const [, { Properties }] of ofType(template, "AWS::Logs::LogGroup"))
      expect(Properties.RetentionInDays).toBe(30);
  });

  describe.each(Object.entries(workflows))("the workflow %s", (name, definition) => {
    const machine = () => {
      const [found] = ofType(template, "AWS::StepFunctions::StateMachine").filter(
        ([, { Properties }]) => Properties.StateMachineName === `cellplane-${name}`,
      );
      return found ?? expect.unreachable(`no state machine for ${name}`);
    };

    it("is the value of step-functions/, word for word, and valid once its functions are in it", () => {
      const { DefinitionString, DefinitionSubstitutions } = machine()[1].Properties;
      expect(JSON.parse(DefinitionString)).toEqual(definition);
      expect(Object.keys(DefinitionSubstitutions).sort()).toEqual([...new Set(tasksOf(definition))].sort());
      const text = DefinitionString.replace(/\$\{(\w+)\}/g, "arn:aws:lambda:eu-central-1:111111111111:function:$1:1");
      expect(validate(JSON.parse(text))).toMatchObject({ isValid: true });
    });

    it("pins versions of its functions and of itself behind an alias, and keeps the old ones", () => {
      const [id, { Properties }] = machine();
      for (const part of Object.values(Properties.DefinitionSubstitutions)) {
        const version = template.Resources[(part as { Ref: string }).Ref];
        expect(version).toMatchObject({ Type: "AWS::Lambda::Version", DeletionPolicy: "Retain" });
      }
      const [version] = ofType(template, "AWS::StepFunctions::StateMachineVersion").filter(
        ([, found]) => found.Properties.StateMachineArn.Ref === id,
      );
      expect(version?.[1]).toMatchObject({
        UpdateReplacePolicy: "Retain",
        Properties: { StateMachineRevisionId: { "Fn::GetAtt": [id, "StateMachineRevisionId"] } },
      });
      expect(Properties).toMatchObject({
        LoggingConfiguration: { Level: "ALL" },
        TracingConfiguration: { Enabled: true },
      });
    });
  });

  it("follows the stream with the store's filter, and lets nothing block it", () => {
    const { FilterCriteria, ...mapping } = only("AWS::Lambda::EventSourceMapping");
    expect(FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern))).toEqual([
      signalFilter,
    ]);
    expect(mapping).toMatchObject({
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumRecordAgeInSeconds: 3_600,
      MaximumRetryAttempts: 3,
      StartingPosition: "TRIM_HORIZON",
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
  });

  it("sweeps and watches every minute, and hands failed executions back", () => {
    const rules = Object.fromEntries(
      ofType(template, "AWS::Events::Rule").map(([, { Properties }]) => [
        Properties.Name,
        Properties.ScheduleExpression ?? Properties.EventPattern.detail.status,
      ]),
    );
    expect(rules).toMatchObject({
      "cellplane-sweep-eu-central-1": "rate(1 minute)",
      "cellplane-watch-cells-eu-central-1": "rate(1 minute)",
      "cellplane-canary-eu-central-1": "rate(10 minutes)",
      "cellplane-execution-ended-eu-central-1": ["FAILED", "TIMED_OUT", "ABORTED"],
    });
    for (const [, { Properties }] of ofType(template, "AWS::Events::Rule"))
      expect(Properties.Targets[0].DeadLetterConfig).toBeDefined();
  });

  it("repeats no schedule that failed or found no place, and keeps what came of no failed execution", () => {
    const configured = ofType(template, "AWS::Lambda::EventInvokeConfig").map(([, { Properties }]) => [
      template.Resources[Properties.FunctionName.Ref]?.Properties.FunctionName,
      Properties.MaximumRetryAttempts,
      Properties.MaximumEventAgeInSeconds,
      Properties.DestinationConfig !== undefined,
    ]);
    expect(configured.sort()).toEqual([
      ["cellplane-canary", 0, 60, false],
      ["cellplane-execution-ended", 2, 3_600, true],
      ["cellplane-key-ages", 0, 60, false],
      ["cellplane-meter", 0, 60, false],
      ["cellplane-sweep", 0, 60, false],
      ["cellplane-watch-cells", 0, 60, false],
    ]);
  });

  it("looks at the canary for as long as several of them take, and at schedules by how often they came to their end", () => {
    const alarm = (name: string): Json =>
      ofType(template, "AWS::CloudWatch::Alarm").find(
        ([, { Properties }]) => Properties.AlarmName === `cellplane-${name}`,
      )?.[1].Properties;
    expect(alarm("canary")).toMatchObject({ Period: 1_800, Threshold: 1, EvaluationPeriods: 1 });
    for (const name of ["sweep-stopped", "watch-stopped"]) {
      const { Metrics, TreatMissingData } = alarm(name);
      expect(TreatMissingData).toBe("breaching");
      expect(Metrics.map(({ MetricStat }: Json) => MetricStat?.Metric.MetricName)).toEqual([
        undefined,
        "Invocations",
        "Errors",
      ]);
    }
  });

  it("lets nobody make themselves an operator: two pools, one of them closed and with a second factor", () => {
    const pools = ofType(template, "AWS::Cognito::UserPool").map(([, { Properties }]) => [
      Properties.UserPoolName,
      Properties.AdminCreateUserConfig.AllowAdminCreateUserOnly,
      Properties.MfaConfiguration,
    ]);
    expect(pools).toEqual([
      ["cellplane-customers", false, "OPTIONAL"],
      ["cellplane-operators", true, "ON"],
    ]);
  });

  it("signs with keys of many regions that outlive the stack", () => {
    const signing = ofType(template, "AWS::KMS::Key").filter(
      ([, { Properties }]) => Properties.KeyUsage === "SIGN_VERIFY",
    );
    expect(signing).toHaveLength(2);
    for (const [, key] of signing)
      expect(key).toMatchObject({
        DeletionPolicy: "Retain",
        Properties: { KeySpec: "ECC_NIST_P256", MultiRegion: true },
      });
  });

  it("writes no header and no query of a request into a log", () => {
    expect(only("AWS::ApiGatewayV2::Stage").AccessLogSettings.Format).not.toMatch(/header|query|authorizer/i);
  });
});
