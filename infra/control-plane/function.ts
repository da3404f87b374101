import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { PREFIX, pascal } from "../names.ts";

export interface FunctionProps {
  /** The folder of its bundle. */
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How many may run at once: no class of work can take the account's whole concurrency from another. */
  readonly atOnce: number;
  readonly timeoutSeconds?: number;
  readonly memoryMb?: number;
  /** What stands before its file's name, so that there may be one for each cell. */
  readonly prefix?: string;
  /** Where it runs, if what it calls is not to be reached from outside. */
  readonly inside?: Pick<lambda.FunctionProps, "vpc" | "vpcSubnets" | "securityGroups">;
}

/** One Lambda function from one file under `functions/lambda/`, with a role and a log of its own. The file is the id. */
export class ControlPlaneFunction extends Construct {
  readonly fn: lambda.Function;
  readonly role: iam.Role;
  /** What runs now, for whoever must keep running it: an execution in flight. */
  get version(): lambda.Version {
    return this.fn.currentVersion;
  }

  constructor(scope: Construct, name: string, props: FunctionProps) {
    super(scope, pascal(name));
    const functionName = `${props.prefix ?? PREFIX}-${name}`;
    const logGroup = new logs.LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, "Role", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") });
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.fn = new lambda.Function(this, "Function", {
      functionName,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: "index.handler",
      code: lambda.Code.fromAsset(props.bundle),
      role: this.role,
      logGroup,
      // Long polls of 20 s and the calls around them.
      timeout: Duration.seconds(props.timeoutSeconds ?? 29),
      memorySize: props.memoryMb ?? 512,
      tracing: lambda.Tracing.ACTIVE,
      reservedConcurrentExecutions: props.atOnce,
      environment: { NODE_OPTIONS: "--enable-source-maps", LOG_LEVEL: "info", ...props.environment },
      // An execution in flight goes on with the version that it began with.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...props.inside,
    });
    Validations.of(this.role.node.findChild("DefaultPolicy")).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "X-Ray has no resources to name: its writes take * alone.",
    });
  }

  /** What Lambda itself needs for a function in a network. */
  runsInside(): void {
    this.may(
      [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ],
      ["*"],
    );
  }

  /** Exactly these actions on exactly these resources. */
  may(actions: readonly string[], resources: readonly string[]): void {
    if (actions.length > 0)
      this.role.addToPolicy(new iam.PolicyStatement({ actions: [...actions], resources: [...resources] }));
  }
}
