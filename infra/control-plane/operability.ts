import { Duration, Stack } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigatewayv2";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as sns from "aws-cdk-lib/aws-sns";
import * as subscriptions from "aws-cdk-lib/aws-sns-subscriptions";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import type * as stepfunctions from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { PREFIX, pascal } from "../names.ts";
import type { Functions } from "./functions.ts";

export interface OperabilityProps {
  readonly functions: Functions;
  readonly tableName: string;
  readonly http: apigateway.HttpApi;
  readonly machines: readonly stepfunctions.StateMachine[];
  readonly deadLetters: sqs.Queue;
  readonly pager?: string;
}

/** One thing that a person must do something about: its runbook page has its name. */
export interface Page {
  readonly name: string;
  readonly metric: cloudwatch.IMetric;
  readonly above?: number;
  readonly below?: number;
  /** How many periods in a row: what mends itself within that wakes nobody. */
  readonly periods: number;
  /** Silence of this metric is itself the alarm. */
  readonly missing?: cloudwatch.TreatMissingData;
}

const { LESS_THAN_THRESHOLD, GREATER_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
const FIVE = Duration.minutes(5);
const HALF_HOUR = Duration.minutes(30);

/** Alarms that page only for what a person must do, a dashboard of the same metrics, and where both tell. */
export class Operability extends Construct {
  constructor(scope: Construct, id: string, props: OperabilityProps) {
    super(scope, id);
    const topic = this.topic(props.pager);
    const pages = pagesOf(props);
    for (const { name, metric, above, below, periods, missing } of pages) {
      const alarm = new cloudwatch.Alarm(this, pascal(name), {
        alarmName: `${PREFIX}-${name}`,
        alarmDescription: `What it means and what to do: docs/runbooks/${name}.md`,
        metric,
        threshold: above ?? below ?? 0,
        comparisonOperator: above === undefined ? LESS_THAN_THRESHOLD : GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods,
        treatMissingData: missing ?? NOT_BREACHING,
      });
      alarm.addAlarmAction(new actions.SnsAction(topic));
    }
    const graph = (page: Page) => new cloudwatch.GraphWidget({ title: page.name, left: [page.metric], width: 8 });
    new cloudwatch.Dashboard(this, "Dashboard", {
      dashboardName: `${PREFIX}-${Stack.of(this).region}`,
      widgets: [pages.map(graph)],
    });
  }

  private topic(pager: string | undefined): sns.Topic {
    const key = new kms.Key(this, "PagerKey", { description: `${PREFIX}: alarms`, enableKeyRotation: true });
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
      }),
    );
    const topic = new sns.Topic(this, "Pager", { topicName: `${PREFIX}-pager`, masterKey: key, enforceSSL: true });
    if (pager) topic.addSubscription(new subscriptions.EmailSubscription(pager));
    return topic;
  }
}

/** A figure that a function writes into its log: see functions/figures.ts. */
const figure = (part: string, metricName: string, statistic = "Maximum"): cloudwatch.Metric =>
  new cloudwatch.Metric({ namespace: PREFIX, metricName, dimensionsMap: { part }, statistic, period: FIVE });

const sum = (metrics: readonly cloudwatch.IMetric[], label: string): cloudwatch.MathExpression =>
  new cloudwatch.MathExpression({
    expression: `SUM([${metrics.map((_, n) => `m${n}`).join(",")}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, n) => [`m${n}`, metric])),
    period: FIVE,
    label,
  });

function pagesOf({ functions, tableName, http, machines, deadLetters }: OperabilityProps): Page[] {
  const ended = machines.flatMap((machine) => [
    machine.metricFailed({ period: FIVE }),
    machine.metricTimedOut({ period: FIVE }),
  ]);
  const requests = http.metricCount({ period: FIVE });
  const errorRate = new cloudwatch.MathExpression({
    expression: "IF(requests > 20, 100 * errors / requests, 0)",
    usingMetrics: { errors: http.metricServerError({ period: FIVE }), requests },
    period: FIVE,
    label: "5xx in percent",
  });
  const tableThrottles = new cloudwatch.Metric({
    namespace: "AWS/DynamoDB",
    metricName: "ThrottledRequests",
    dimensionsMap: { TableName: tableName },
    statistic: "Sum",
    period: FIVE,
  });
  /** How often a function came to its end: one that fails every time is invoked as often as one that works. */
  const done = (name: string) => {
    const { fn } = functions.get(name);
    return new cloudwatch.MathExpression({
      expression: "invoked - FILL(failed, 0)",
      usingMetrics: { invoked: fn.metricInvocations({ period: FIVE }), failed: fn.metricErrors({ period: FIVE }) },
      period: FIVE,
      label: `${name}, done`,
    });
  };
  const behind = functions.get("follow-changes").fn.metric("IteratorAge", { statistic: "Maximum", period: FIVE });
  const undelivered = deadLetters.metricApproximateNumberOfMessagesVisible({ period: FIVE, statistic: "Maximum" });
  return [
    // Signals are pushed; what the sweep starts was lost or failed. A few are the design at work, this many are not.
    { name: "sweep-finds", metric: figure("sweep", "started", "Sum"), above: 20, periods: 2 },
    { name: "operation-age", metric: figure("sweep", "oldestMinutes"), above: 30, periods: 2 },
    { name: "sweep-stopped", metric: done("sweep"), below: 1, periods: 2, missing: BREACHING },
    // Who watches no cell tells of none that is silent.
    { name: "watch-stopped", metric: done("watch-cells"), below: 1, periods: 2, missing: BREACHING },
    // A minute is as slow as the sweep, which makes the stream pointless.
    { name: "stream-age", metric: behind, above: 60_000, periods: 2 },
    { name: "dead-letters", metric: undelivered, above: 0, periods: 1 },
    { name: "failed-executions", metric: sum(ended, "failed and timed out"), above: 5, periods: 2 },
    { name: "cells-silent", metric: figure("cells", "silent"), above: 0, periods: 2 },
    { name: "certificate-age", metric: figure("cells", "certificateDays", "Minimum"), below: 30, periods: 1 },
    // A year, less what a rotation may wait for a quiet week; told once an hour.
    { name: "key-age", metric: figure("keys", "signingDays"), above: 335, periods: 1 },
    { name: "error-rate", metric: errorRate, above: 1, periods: 2 },
    { name: "throttles", metric: lambda.Function.metricAllThrottles({ period: FIVE }), above: 0, periods: 3 },
    { name: "table-throttles", metric: tableThrottles, above: 0, periods: 3 },
    // Two of the three that run in half an hour.
    { name: "canary", metric: functions.get("canary").fn.metricErrors({ period: HALF_HOUR }), above: 1, periods: 1 },
  ];
}
