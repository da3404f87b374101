import * as eks from "aws-cdk-lib/aws-eks-v2";
import * as iam from "aws-cdk-lib/aws-iam";
import { type Construct, DependencyGroup, type IDependable } from "constructs";
import { acknowledgeManaged } from "./acknowledge.ts";

interface AddOn {
  readonly name: string;
  readonly settings?: object;
  /** Whose pods get rights of AWS, and the policy that AWS wrote for them. */
  readonly rights?: { readonly account: string; readonly policy: string };
  /** Needs a node to run on. */
  readonly onNodes?: boolean;
}

/** What a cell relies on and a new cluster does not have: without the first two, isolation and storage are silently missing. */
const all: readonly AddOn[] = [
  {
    name: "vpc-cni",
    settings: { enableNetworkPolicy: "true" },
    rights: { account: "aws-node", policy: "AmazonEKS_CNI_Policy" },
  },
  {
    name: "aws-ebs-csi-driver",
    rights: { account: "ebs-csi-controller-sa", policy: "service-role/AmazonEBSCSIDriverPolicy" },
    onNodes: true,
  },
  { name: "eks-pod-identity-agent" },
  { name: "kube-proxy" },
  { name: "coredns", onNodes: true },
];

/** Answers what is there last: a cluster that can run something. */
export function addOns(scope: Construct, cluster: eks.ICluster, nodes: eks.Nodegroup): IDependable {
  const last = new DependencyGroup(nodes);
  for (const { name, settings, rights, onNodes } of all) {
    const role = rights && roleOf(scope, name, rights.policy);
    const addOn = new eks.CfnAddon(scope, `AddOn-${name}`, {
      clusterName: cluster.clusterName,
      addonName: name,
      resolveConflicts: "OVERWRITE",
      ...(settings ? { configurationValues: JSON.stringify(settings) } : {}),
      ...(rights && role
        ? { podIdentityAssociations: [{ serviceAccount: rights.account, roleArn: role.roleArn }] }
        : {}),
    });
    if (onNodes) {
      addOn.node.addDependency(nodes);
      last.add(addOn);
    }
    // A node without a network is never ready.
    else nodes.node.addDependency(addOn);
  }
  return last;
}

function roleOf(scope: Construct, name: string, policy: string): iam.Role {
  const role = new iam.Role(scope, `AddOnRole-${name}`, {
    assumedBy: new iam.SessionTagsPrincipal(new iam.ServicePrincipal("pods.eks.amazonaws.com")),
    managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName(policy)],
  });
  acknowledgeManaged(role, [policy], "The policy that AWS writes for its own add-on, and changes with it.");
  return role;
}
