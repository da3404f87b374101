import { Tags } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as eks from "aws-cdk-lib/aws-eks-v2";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { NewCluster } from "../cell-context.ts";
import { acknowledgeManaged } from "./acknowledge.ts";

/** Bottlerocket has two disks: its own, which nobody writes to, and one for images and what pods write. */
const disks: ec2.BlockDevice[] = [
  ["/dev/xvda", 4],
  ["/dev/xvdb", 60],
].map(([deviceName, size]) => ({
  deviceName: String(deviceName),
  volume: ec2.BlockDeviceVolume.ebs(Number(size), { volumeType: ec2.EbsDeviceVolumeType.GP3, encrypted: true }),
}));

/** The nodes: arm64, without a shell, their metadata out of reach of pods. */
export function nodeGroup(
  scope: Construct,
  cluster: eks.ICluster,
  { nodes, instance }: Pick<NewCluster, "nodes" | "instance">,
): eks.Nodegroup {
  const template = new ec2.LaunchTemplate(scope, "NodeTemplate", {
    blockDevices: disks,
    // A packet of a pod has one hop more than the node's own.
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
  });
  Tags.of(template).add("Name", cluster.clusterName);
  const policies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];
  const nodeRole = new iam.Role(scope, "NodeRole", {
    assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"),
    // What a node must; the network's and the disks' rights belong to their own pods.
    managedPolicies: policies.map((name) => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
  });
  acknowledgeManaged(nodeRole, policies, "EKS asks for these two of a node, and keeps them up to date.");
  return new eks.Nodegroup(scope, "Nodes", {
    cluster,
    nodeRole,
    amiType: eks.NodegroupAmiType.BOTTLEROCKET_ARM_64,
    instanceTypes: [new ec2.InstanceType(instance)],
    minSize: nodes.least,
    maxSize: nodes.most,
    subnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    launchTemplateSpec: { id: template.launchTemplateId ?? "", version: template.latestVersionNumber },
    enableNodeAutoRepair: true,
    // Brokers move one at a time.
    maxUnavailable: 1,
  });
}
