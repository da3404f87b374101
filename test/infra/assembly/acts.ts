import type { Json } from "../synthesize.ts";
import type { Act } from "./policies.ts";

/** A call as it came: the service and operation of `X-Amz-Target`, and its body. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly body: Json;
}

const services: Readonly<Record<string, string>> = {
  DynamoDB_20120810: "dynamodb",
  TrentService: "kms",
  AWSStepFunctions: "states",
  secretsmanager: "secretsmanager",
};

export function callOf(target: string, body: Json): Call {
  const [service = "", operation = ""] = target.split(".");
  return { service: services[service] ?? `unknown:${service}`, operation, body };
}

/** What a part of a transaction needs the right for. */
const parts: Readonly<Record<string, string>> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
};

/** Every action that a call is for IAM, with the resource that it is about. */
export function actsOf(
  { service, operation, body }: Call,
  arns: { table(name: string): string; secret(name: string): string },
): Act[] {
  if (service === "dynamodb") {
    if (operation === "TransactWriteItems")
      return body.TransactItems.flatMap((item: Json) =>
        Object.entries(item).map(([part, { TableName }]: [string, Json]) => ({
          action: `dynamodb:${parts[part] ?? part}`,
          resource: arns.table(TableName),
        })),
      );
    if (operation === "BatchGetItem")
      return Object.keys(body.RequestItems).map((table) => ({
        action: "dynamodb:BatchGetItem",
        resource: arns.table(table),
      }));
    const resource = `${arns.table(body.TableName)}${body.IndexName ? `/index/${body.IndexName}` : ""}`;
    return [{ action: `dynamodb:${operation}`, resource }];
  }
  const resource = { kms: body.KeyId, states: body.stateMachineArn, secretsmanager: arns.secret(body.SecretId ?? "") }[
    service
  ];
  return [{ action: `${service}:${operation}`, resource: resource ?? "*" }];
}
