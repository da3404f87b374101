import { CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as kms from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import type { ControlPlaneContext } from "../context.ts";
import { PREFIX } from "../names.ts";

/**
 * The two keys that sign: calls to cells, and network tokens. Made at the home as multi-Region keys, so that cells have pinned the
 * public halves before a fail-over; elsewhere their replicas. A generation is a key of its own: during a rotation there are two. The private halves never leave KMS.
 */
export class SigningKeys extends Construct {
  /** ARNs: the first signs, all are handed out. */
  readonly cellCalls: readonly string[];
  readonly networkTokens: readonly string[];

  constructor(scope: Construct, id: string, { here, generations }: Pick<ControlPlaneContext, "here" | "generations">) {
    super(scope, id);
    const each = (which: "cellCalls" | "networkTokens", name: string, what: string) =>
      generations[which].map((generation, at) => {
        const made = `${name}${generation === "1" ? "" : generation}`;
        return here.home ? this.primary(made, what) : this.replica(made, here.homeRegion, here.keys[which][at] ?? "");
      });
    this.cellCalls = each("cellCalls", "CellCalls", "signs calls to cells");
    this.networkTokens = each("networkTokens", "NetworkTokens", "signs network tokens");
  }

  private primary(id: string, what: string): string {
    const key = new kms.Key(this, id, {
      description: `${PREFIX}: ${what}`,
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      multiRegion: true,
      // A key that was deleted cannot come back, and cells have pinned it.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    new CfnOutput(this, `${id}Id`, { key: `${id}KeyId`, value: key.keyId });
    return key.keyArn;
  }

  private replica(id: string, homeRegion: string, keyId: string): string {
    const stack = Stack.of(this);
    const primaryKeyArn = stack.formatArn({ service: "kms", region: homeRegion, resource: "key", resourceName: keyId });
    const replica = new kms.CfnReplicaKey(this, id, {
      primaryKeyArn,
      keyPolicy: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: stack.formatArn({ service: "iam", region: "", resource: "root" }) },
            Action: "kms:*",
            Resource: "*",
          },
        ],
      },
    });
    replica.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return replica.attrArn;
  }
}
