import { CfnCondition, Stack, Validations } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { IConstruct } from "constructs";

/** Says of a role why it has these policies that AWS keeps. */
export function acknowledgeManaged(scope: IConstruct, policies: readonly string[], reason: string): void {
  for (const policy of policies)
    Validations.of(scope).acknowledge({
      id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${policy}]`,
      reason,
    });
}

const lambdaPolicies = ["AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole"].map(
  (name) => `service-role/${name}`,
);

/**
 * CDK's own functions that run kubectl and helm while a stack changes, and do nothing between: their rights are CDK's choice, each of
 * which is said here, so that one more fails the deploy.
 */
export function acknowledgeKubectl(provider: IConstruct): void {
  const { region } = Stack.of(provider);
  acknowledgeManaged(
    provider,
    [...lambdaPolicies, "AmazonEC2ContainerRegistryReadOnly"],
    "CDK gives its own functions the usual policies of Lambda and of pulling charts.",
  );
  const conditions = provider.node.findAll().filter((node) => node instanceof CfnCondition);
  for (const condition of conditions) {
    const name = 'arn:",{"Ref":"AWS::Partition"},":iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly';
    const policy = `{"Fn::If":["${Stack.of(condition).getLogicalId(condition)}",{"Fn::Join":["",["${name}"]]},{"Ref":"AWS::NoValue"}]}`;
    Validations.of(provider).acknowledge({
      id: `AwsSolutions-IAM4[Policy::${policy}]`,
      reason: "Where AWS has a public registry, CDK lets its functions pull charts from there.",
    });
  }
  const handlers = provider.node.findAll().filter((node) => node instanceof CfnFunction);
  const versions = handlers.map((node) => `Resource::<${Stack.of(node).getLogicalId(node)}.Arn>:*`);
  const assets = `Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-${region}/*`;
  for (const right of ["Action::s3:GetObject*", "Action::s3:GetBucket*", "Action::s3:List*", assets, ...versions])
    Validations.of(provider).acknowledge({
      id: `AwsSolutions-IAM5[${right}]`,
      reason: "CDK's own functions read charts among the assets of this deploy, and call one another in any version.",
    });
  Validations.of(provider).acknowledge({
    id: "AwsSolutions-L1",
    reason: "The runtime is the one CDK tried its code on.",
  });
}
