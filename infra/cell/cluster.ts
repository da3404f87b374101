import { KubectlV36Layer } from "@aws-cdk/lambda-layer-kubectl-v36";
import { Fn, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as eks from "aws-cdk-lib/aws-eks-v2";
import * as kms from "aws-cdk-lib/aws-kms";
import * as logs from "aws-cdk-lib/aws-logs";
import * as cr from "aws-cdk-lib/custom-resources";
import { Construct, type IDependable } from "constructs";
import type { NewCluster } from "../cell-context.ts";
import { acknowledgeKubectl, acknowledgeManaged } from "./acknowledge.ts";
import { addOns } from "./add-ons.ts";
import { nodeGroup } from "./nodes.ts";

/** A cluster as the rest of the stack sees it, whoever made it. */
export interface CellCluster {
  readonly cluster: eks.ICluster;
  readonly name: string;
  readonly endpoint: string;
  readonly caData: string;
  /** What must be there before anything is put into it, and go after that. */
  readonly ready: IDependable;
  /** Where a function runs that calls its API; absent where that is reached from everywhere. */
  readonly inside?: { readonly vpc: ec2.IVpc; readonly vpcSubnets: ec2.SubnetSelection };
}

/** A cluster of its own: private but for `admins`, with NetworkPolicies enforced and volumes by EBS, secrets sealed by a key of ours. */
export class MadeCluster extends Construct implements CellCluster {
  readonly cluster: eks.ICluster;
  readonly name: string;
  readonly endpoint: string;
  readonly caData: string;
  readonly ready: IDependable;
  readonly inside: { readonly vpc: ec2.IVpc; readonly vpcSubnets: ec2.SubnetSelection };

  constructor(scope: Construct, id: string, { name, nodes, instance, admins }: NewCluster & { readonly name: string }) {
    super(scope, id);
    this.name = name;
    // CDK's classes say `| undefined` where its interfaces say nothing; they are what they implement all the same.
    const vpc = this.vpc(name) as ec2.IVpc;
    const key = new kms.Key(this, "Secrets", {
      description: `${name}: seals the cluster's Secrets`,
      enableKeyRotation: true,
      // What it sealed is in backups of the cluster for as long as they are kept.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const cluster = new eks.Cluster(this, "Cluster", {
      clusterName: name,
      version: eks.KubernetesVersion.V1_36,
      vpc,
      vpcSubnets: [{ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }],
      endpointAccess:
        admins.length > 0 ? eks.EndpointAccess.PUBLIC_AND_PRIVATE.onlyFrom(...admins) : eks.EndpointAccess.PRIVATE,
      secretsEncryptionKey: key,
      clusterLogging: [
        eks.ClusterLoggingTypes.API,
        eks.ClusterLoggingTypes.AUDIT,
        eks.ClusterLoggingTypes.AUTHENTICATOR,
        eks.ClusterLoggingTypes.CONTROLLER_MANAGER,
        eks.ClusterLoggingTypes.SCHEDULER,
      ],
      // Ours come as add-ons: with NetworkPolicies on, and kept new by EKS.
      bootstrapSelfManagedAddons: false,
      bootstrapClusterCreatorAdminPermissions: false,
      defaultCapacityType: eks.DefaultCapacityType.NODEGROUP,
      defaultCapacity: 0,
      kubectlProviderOptions: { kubectlLayer: new KubectlV36Layer(this, "Kubectl") },
    });
    this.cluster = cluster as eks.ICluster;
    acknowledgeManaged(cluster.role, ["AmazonEKSClusterPolicy"], "EKS's own role, as EKS asks for it.");
    acknowledgeKubectl(cluster.node.findChild("KubectlProvider"));
    Validations.of(cluster).acknowledge({
      id: "CloudFormation-Validate::W9009",
      reason: "CDK still names what is sealed, although EKS by now seals it all.",
    });
    this.ready = addOns(this, this.cluster, nodeGroup(this, this.cluster, { nodes, instance }));
    this.endpoint = cluster.clusterEndpoint;
    this.caData = cluster.clusterCertificateAuthorityData;
    this.inside = { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } };
    if (admins.length > 0)
      Validations.of(cluster).acknowledge({
        id: "AwsSolutions-EKS1",
        reason: "Its API is open to the addresses that this deploy was given, and to no other.",
      });
  }

  /** Three zones, named by their place so that no account has to be asked, and a way out in each: no zone depends on another. */
  private vpc(name: string): ec2.Vpc {
    const vpc = new ec2.Vpc(this, "Vpc", {
      vpcName: name,
      availabilityZones: [0, 1, 2].map((zone) => Fn.select(zone, Fn.getAzs())),
      natGateways: 3,
      restrictDefaultSecurityGroup: false,
    });
    const logGroup = new logs.LogGroup(this, "FlowLogs", {
      logGroupName: `/${name}/flows`,
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    vpc.addFlowLog("Flows", {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: ec2.FlowLogTrafficType.REJECT,
    });
    return vpc;
  }
}

/** A cluster that was there before: its version, nodes, add-ons and network are its owner's. Its API must be reachable by functions. */
export class ExistingCluster extends Construct implements CellCluster {
  readonly cluster: eks.ICluster;
  readonly name: string;
  readonly endpoint: string;
  readonly caData: string;
  readonly ready: IDependable;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    this.name = name;
    const stack = Stack.of(this);
    const describe = { service: "EKS", action: "describeCluster", parameters: { name } };
    const clusterArn = stack.formatArn({ service: "eks", resource: "cluster", resourceName: name });
    const described = new cr.AwsCustomResource(this, "Described", {
      resourceType: "Custom::ExistingCluster",
      installLatestAwsSdk: false,
      onUpdate: {
        ...describe,
        physicalResourceId: cr.PhysicalResourceId.of(name),
        outputPaths: ["cluster.endpoint", "cluster.certificateAuthority.data"],
      },
      policy: cr.AwsCustomResourcePolicy.fromSdkCalls({ resources: [clusterArn] }),
    });
    this.endpoint = described.getResponseField("cluster.endpoint");
    this.caData = described.getResponseField("cluster.certificateAuthority.data");

    // What talks to a cluster is made for a cluster: for this one as it is, before it has that.
    const plain = eks.Cluster.fromClusterAttributes(this, "Plain", { clusterName: name });
    const kubectlLayer = new KubectlV36Layer(this, "Kubectl");
    const kubectlProvider = new eks.KubectlProvider(this, "KubectlProvider", { cluster: plain, kubectlLayer });
    this.ready = new eks.CfnAccessEntry(this, "KubectlAccess", {
      clusterName: name,
      principalArn: kubectlProvider.role?.roleArn ?? "",
      accessPolicies: [
        {
          policyArn: eks.AccessPolicyArn.AMAZON_EKS_CLUSTER_ADMIN_POLICY.policyArn,
          accessScope: { type: "cluster" },
        },
      ],
    });
    this.cluster = eks.Cluster.fromClusterAttributes(this, "Cluster", { clusterName: name, kubectlProvider });
    acknowledgeKubectl(kubectlProvider);
    const asking = stack.node.findChild(`AWS${cr.AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll("-", "")}`);
    acknowledgeManaged(
      asking,
      ["service-role/AWSLambdaBasicExecutionRole"],
      "CDK's own function, which looks up one cluster.",
    );
    Validations.of(asking).acknowledge({
      id: "AwsSolutions-L1",
      reason: "The runtime is the one CDK tried its code on.",
    });
  }
}
