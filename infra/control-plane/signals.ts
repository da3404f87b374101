import { Duration, Stack, Validations } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as destinations from "aws-cdk-lib/aws-lambda-destinations";
import * as sources from "aws-cdk-lib/aws-lambda-event-sources";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { signalFilter } from "#adapters/dynamodb/table.ts";
import { PREFIX, pascal } from "../names.ts";
import type { Functions } from "./functions.ts";

/** What the schedules run, how often, and with what. */
const schedules: readonly { readonly name: string; readonly minutes: number; readonly input: object }[] = [
  { name: "sweep", minutes: 1, input: {} },
  // Ends when the next one has begun, so that cells are watched without a gap.
  { name: "watch-cells", minutes: 1, input: { forMs: 60_000 } },
  { name: "canary", minutes: 10, input: {} },
  { name: "meter", minutes: 5, input: {} },
  { name: "key-ages", minutes: 60, input: {} },
];

/** What wakes functions: the table's stream, schedules, and executions that failed. What cannot be delivered is kept for a person. */
export class Signals extends Construct {
  readonly deadLetters: sqs.Queue;

  constructor(
    scope: Construct,
    id: string,
    { functions, streamArn, machines }: { functions: Functions; streamArn: string; machines: readonly string[] },
  ) {
    super(scope, id);
    this.deadLetters = new sqs.Queue(this, "DeadLetters", {
      queueName: `${PREFIX}-dead-letters`,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.deadLetters).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "It is the dead-letter queue itself.",
    });
    this.stream(functions, streamArn);
    for (const { name, minutes, input } of schedules) {
      this.rule(name, functions, {
        schedule: events.Schedule.rate(Duration.minutes(minutes)),
        event: events.RuleTargetInput.fromObject(input),
      });
      // Lambda on its own repeats what failed twice, and what found no place for six hours: after an outage all of it at once.
      functions.get(name).fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    }
    this.rule("execution-ended", functions, {
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn: [...machines] },
      },
    });
    // The queue of the rule is for what was not delivered; what was, and failed, is Lambda's to keep.
    functions.get("execution-ended").fn.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: new destinations.SqsDestination(this.deadLetters),
    });
  }

  private stream(functions: Functions, streamArn: string): void {
    const consumer = functions.get("follow-changes");
    consumer.may(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [streamArn]);
    consumer.may(["dynamodb:ListStreams"], ["*"]);
    const mapping = new lambda.EventSourceMapping(this, "Stream", {
      target: consumer.fn,
      eventSourceArn: streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      parallelizationFactor: 2,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 3,
      // What is older was taken up by the sweep long ago.
      maxRecordAge: Duration.hours(1),
      onFailure: new sources.SqsDlq(this.deadLetters),
      filters: [{ pattern: JSON.stringify(signalFilter) }],
    });
    mapping.node.addDependency(consumer.role);
  }

  private rule(
    name: string,
    functions: Functions,
    { event, ...when }: Pick<events.RuleProps, "schedule" | "eventPattern"> & { event?: events.RuleTargetInput },
  ): void {
    const target = new targets.LambdaFunction(functions.get(name).fn, {
      deadLetterQueue: this.deadLetters,
      // A schedule comes again before a retry would help; what failed to be told is told for an hour.
      retryAttempts: when.schedule ? 0 : 10,
      maxEventAge: when.schedule ? Duration.minutes(1) : Duration.hours(1),
      ...(event ? { event } : {}),
    });
    new events.Rule(this, pascal(name), {
      ruleName: `${PREFIX}-${name}-${Stack.of(this).region}`,
      ...when,
      targets: [target],
    });
  }
}
