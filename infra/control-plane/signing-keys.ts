import { CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as kms from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import type { RegionContext } from "../context.ts";
import { PREFIX } from "../names.ts";

/**
 * The two keys that sign: calls to cells, and network tokens. Made at the home as multi-Region keys, so that cells have pinned the
 * public halves before a fail-over; elsewhere their replicas. The private halves never leave KMS.
 */
export class SigningKeys extends Construct {
  readonly cellCalls: string;
  readonly networkTokens: string;

  constructor(scope: Construct, id: string, here: RegionContext) {
    super(scope, id);
    if (here.home) {
      this.cellCalls = this.primary("CellCalls", "signs calls to cells");
      this.networkTokens = this.primary("NetworkTokens", "signs network tokens");
    } else {
      this.cellCalls = this.replica("CellCalls", here.homeRegion, here.keys.cellCalls);
      this.networkTokens = this.replica("NetworkTokens", here.homeRegion, here.keys.networkTokens);
    }
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
