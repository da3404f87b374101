import { RemovalPolicy, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import * as stepfunctions from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { type StateMachine, tasksOf } from "#step-functions/asl.ts";
import { kebab, pascal } from "../names.ts";
import { ALIAS, type Functions, machineName } from "./functions.ts";

/**
 * One workflow as a state machine: the value of `step-functions/` as it is, with the functions' ARNs put in by CloudFormation. An
 * execution in flight keeps its definition (a version behind the alias) and its code (versions of the functions).
 */
export class Workflow extends Construct {
  readonly machine: stepfunctions.StateMachine;

  constructor(scope: Construct, workflow: string, definition: StateMachine, functions: Functions) {
    super(scope, pascal(workflow));
    const tasks = [...new Set(tasksOf(definition))].map((task) => [task, functions.get(kebab(task))] as const);
    const logGroup = new logs.LogGroup(this, "Logs", {
      // Step Functions writes only to groups of this prefix without touching the account's resource policy each time.
      logGroupName: `/aws/vendedlogs/states/${machineName(workflow)}`,
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, "Role", { assumedBy: new iam.ServicePrincipal("states.amazonaws.com") });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ["lambda:InvokeFunction"],
        // Every version: one that an old execution still runs, too.
        resources: tasks.map(([, { fn }]) => `${fn.functionArn}:*`),
      }),
    );
    this.machine = new stepfunctions.StateMachine(this, "Machine", {
      stateMachineName: machineName(workflow),
      definitionBody: stepfunctions.DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: Object.fromEntries(tasks.map(([task, { version }]) => [task, version.functionArn])),
      role,
      tracingEnabled: true,
      // Inputs and outputs carry ids alone.
      logs: { destination: logGroup, level: stepfunctions.LogLevel.ALL, includeExecutionData: true },
    });
    const resource = this.machine.node.defaultChild as stepfunctions.CfnStateMachine;
    const version = new stepfunctions.CfnStateMachineVersion(this, "Version", {
      stateMachineArn: this.machine.stateMachineArn,
      // Every change of the machine is a new version; the old ones stay for what runs.
      stateMachineRevisionId: resource.attrStateMachineRevisionId,
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new stepfunctions.CfnStateMachineAlias(this, "Alias", {
      name: ALIAS,
      routingConfiguration: [{ stateMachineVersionArn: version.attrArn, weight: 100 }],
    });
    const policy = Validations.of(role.node.findChild("DefaultPolicy"));
    policy.acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "X-Ray and the delivery of logs have no resources to name: AWS offers * alone.",
    });
    for (const [, { fn }] of tasks)
      policy.acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${fn.stack.getLogicalId(fn.node.defaultChild as never)}.Arn>:*]`,
        reason: "Versions of one named function: executions in flight go on with the version they began with.",
      });
  }
}
