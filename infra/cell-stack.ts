import { CfnOutput, Stack, Tags } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { CellAgent } from "./cell/agent.ts";
import { type CellCluster, ExistingCluster, MadeCluster } from "./cell/cluster.ts";
import { CellFrontDoor } from "./cell/front-door.ts";
import { storageClass } from "./cell/storage.ts";
import type { CellContext } from "./cell-context.ts";
import { PREFIX } from "./names.ts";

export interface CellProps {
  readonly context: CellContext;
  /** Folder of the bundle of `register-cell`. */
  readonly bundle: string;
  /** Folder of the agent's Helm chart. */
  readonly chart: string;
  readonly account?: string;
}

/** One cell: a cluster of its own or one that is there, with all that networks need in it, known to the control plane. */
export class CellStack extends Stack {
  constructor(scope: Construct, { context, bundle, chart, account }: CellProps) {
    const { region, cell, cellDomain } = context;
    const name = `${PREFIX}-${cell}`;
    super(scope, `${PREFIX}-cell-${cell}`, {
      description: `cellplane cell ${cell}`,
      env: { region, ...(account ? { account } : {}) },
      // A cell holds customers' networks: taking it away is a decision of its own.
      terminationProtection: true,
    });
    const at: CellCluster =
      "existing" in context.cluster
        ? new ExistingCluster(this, "Cluster", context.cluster.existing)
        : new MadeCluster(this, "Cluster", { name, ...context.cluster });
    const storage = storageClass(this, at.cluster);
    const door = new CellFrontDoor(this, "FrontDoor", at, context);
    const agent = new CellAgent(this, "Agent", { at, context, bundle, chart, before: [storage, door] });
    for (const part of [storage, door, agent]) part.node.addDependency(at.ready);
    new CfnOutput(this, "Domain", { value: cellDomain });
    this.finish(context);
  }

  private finish({ tags, boundary }: CellContext): void {
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
    if (boundary)
      iam.PermissionsBoundary.of(this).apply(iam.ManagedPolicy.fromManagedPolicyArn(this, "Boundary", boundary));
  }
}
