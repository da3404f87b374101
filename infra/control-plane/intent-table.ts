import { RemovalPolicy, Stack } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { tableDefinition } from "#adapters/dynamodb/table.ts";
import type { RegionContext } from "../context.ts";
import { PREFIX } from "../names.ts";

const { AttributeType } = dynamodb;
const text = (name: string) => ({ name, type: AttributeType.STRING });

/** The intent table, made at the home with its replicas; elsewhere the replica that the home has made here. */
export class IntentTable extends Construct {
  readonly name = `${PREFIX}-intent`;
  readonly arn: string;
  readonly indexArns: readonly string[];
  /** Of the home; a replica's stream has to be looked up. */
  readonly streamArn: string | undefined;

  constructor(scope: Construct, id: string, here: RegionContext) {
    super(scope, id);
    const { key, indexes } = tableDefinition;
    this.arn = Stack.of(this).formatArn({ service: "dynamodb", resource: "table", resourceName: this.name });
    this.indexArns = Object.keys(indexes).map((index) => `${this.arn}/index/${index}`);
    if (!here.home) return;

    const table = new dynamodb.TableV2(this, "Table", {
      tableName: this.name,
      partitionKey: text(key.partition),
      sortKey: text(key.sort),
      globalSecondaryIndexes: Object.entries(indexes).map(([indexName, { partition, sort }]) => ({
        indexName,
        partitionKey: text(partition),
        sortKey: text(sort),
        projectionType: dynamodb.ProjectionType.KEYS_ONLY,
      })),
      billing: dynamodb.Billing.onDemand(),
      dynamoStream: dynamodb.StreamViewType[tableDefinition.stream],
      timeToLiveAttribute: tableDefinition.timeToLive,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      // KMS with DynamoDB's own key, which is there in every region of a fleet without a key to replicate.
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
      replicas: here.replicas.map((region) => ({ region, deletionProtection: true })),
    });
    this.streamArn = table.tableStreamArn;
  }
}
