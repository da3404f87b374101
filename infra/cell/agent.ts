import { ArnFormat, CustomResource, Stack } from "aws-cdk-lib";
import * as eks from "aws-cdk-lib/aws-eks-v2";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct, type IConstruct } from "constructs";
import type { CellContext } from "../cell-context.ts";
import { ControlPlaneFunction } from "../control-plane/function.ts";
import { PREFIX } from "../names.ts";
import { CELL_FUNCTION } from "../rights.ts";
import type { CellCluster } from "./cluster.ts";

export interface CellAgentProps {
  readonly at: CellCluster;
  readonly context: CellContext;
  /** Folder of the registration's bundle, and of the agent's chart. */
  readonly bundle: string;
  readonly chart: string;
  /** What must be there before the cell is known, and may go only when it is known no more. */
  readonly before: readonly IConstruct[];
}

const NAMESPACE = "cellplane-system";
const JOIN_SECRET = "cellplane-join";
const REGISTRATION = "cellplane:registration";

/** The agent, and the registration of its cell: the last thing that is made, and the first that must agree to go. */
export class CellAgent extends Construct {
  constructor(scope: Construct, id: string, { at, context, bundle, chart, before }: CellAgentProps) {
    super(scope, id);
    const namespace = new eks.KubernetesManifest(this, "Namespace", {
      cluster: at.cluster,
      manifest: registrationRights,
    });
    const registration = this.registration(at, context, bundle);
    const installed = new eks.HelmChart(this, "Chart", {
      cluster: at.cluster,
      chartAsset: new Asset(this, "Files", { path: chart }),
      release: "cellplane-agent",
      namespace: NAMESPACE,
      createNamespace: false,
      // Not waited for: the agent starts when the registration has laid the token where it waits for it.
      values: agentValues(context),
    });
    installed.node.addDependency(namespace);
    registration.node.addDependency(namespace, installed, ...before);
  }

  private registration(at: CellCluster, context: CellContext, bundle: string): CustomResource {
    const { region, domain, cell, networks, keySecret } = context;
    const stack = Stack.of(this);
    const made = new ControlPlaneFunction(this, CELL_FUNCTION, {
      bundle,
      prefix: `${PREFIX}-${cell}`,
      atOnce: 1,
      timeoutSeconds: 120,
      environment: {},
      ...(at.inside ? { inside: at.inside } : {}),
    });
    const secretArn = stack.formatArn({
      service: "secretsmanager",
      resource: "secret",
      resourceName: `${keySecret}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    made.may(["secretsmanager:GetSecretValue"], [secretArn]);
    if (at.inside) {
      made.runsInside();
      at.cluster.connections.allowDefaultPortFrom(made.fn, "registration");
    }
    const access = new eks.CfnAccessEntry(this, "Access", {
      clusterName: at.name,
      principalArn: made.role.roleArn,
      kubernetesGroups: [REGISTRATION],
    });
    const resource = new CustomResource(this, "Registration", {
      resourceType: "Custom::Cell",
      serviceToken: made.fn.functionArn,
      properties: {
        controlPlane: `https://api.${domain}`,
        keySecret,
        cell: { name: cell, region, labels: {}, limits: { networks } },
        joinSecret: {
          cluster: at.name,
          endpoint: at.endpoint,
          caData: at.caData,
          namespace: NAMESPACE,
          name: JOIN_SECRET,
        },
      },
    });
    resource.node.addDependency(access, made.role);
    return resource;
  }
}

/** What the registration may in the cluster: this one Secret, in the agent's namespace. */
const registrationRights = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: NAMESPACE, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: "cellplane-registration", namespace: NAMESPACE },
    rules: [
      { apiGroups: [""], resources: ["secrets"], resourceNames: [JOIN_SECRET], verbs: ["get", "patch"] },
      // Kubernetes knows no name of what is yet to be made.
      { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "cellplane-registration", namespace: NAMESPACE },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: REGISTRATION }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "cellplane-registration" },
  },
];

/** What the agent's chart is told. */
export const agentValues = ({ domain, cellDomain, networks, images }: CellContext) => ({
  controlPlane: `https://api.${domain}`,
  domain: cellDomain,
  publicUrl: `https://agent.${cellDomain}`,
  networkLimit: networks,
  // The chart puts it before names as it stands.
  images: { registry: `${images}/` },
  joinToken: { secretName: JOIN_SECRET },
});
