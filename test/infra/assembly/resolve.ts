import { createHash } from "node:crypto";
import type { Json, Template } from "../synthesize.ts";

export const ACCOUNT = "111111111111";

export interface Resolver {
  readonly region: string;
  /** A value of the template with every reference replaced by what AWS would put there. */
  resolve(value: Json): Json;
  /** What `Ref` gives of a resource. */
  ref(id: string): string;
  arn(id: string): string;
}

/** Resolves what our templates say: Ref, GetAtt of an ARN or a name, Join, Split, Select. Another intrinsic function fails with its name. */
export function resolverOf(template: Template, region: string): Resolver {
  const pseudo: Readonly<Record<string, string>> = {
    "AWS::Region": region,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "control-plane",
    "AWS::StackId": `arn:aws:cloudformation:${region}:${ACCOUNT}:stack/control-plane/1`,
  };
  const of = (id: string) => template.Resources[id] ?? fail(`The template has no resource ${id}.`);
  const name = (id: string, property: string): string => resolve(of(id).Properties[property]) ?? id;

  /** How resources of each type are named; the rest is never called by name in what we run. */
  const arns: Readonly<Record<string, (id: string) => string>> = {
    "AWS::Lambda::Function": (id) => `arn:aws:lambda:${region}:${ACCOUNT}:function:${name(id, "FunctionName")}`,
    // CDK gives a version of other code, or of another environment, another logical id: it stands for the number.
    "AWS::Lambda::Version": (id) => `${arn(of(id).Properties.FunctionName.Ref)}:${id}`,
    "AWS::DynamoDB::GlobalTable": (id) => `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${name(id, "TableName")}`,
    "AWS::KMS::Key": (id) => `arn:aws:kms:${region}:${ACCOUNT}:key/${keyIdOf(id)}`,
    // A replica of a key has the id of its primary.
    "AWS::KMS::ReplicaKey": (id) =>
      `arn:aws:kms:${region}:${ACCOUNT}:key/${resolve(of(id).Properties.PrimaryKeyArn).split("key/")[1]}`,
    "AWS::SecretsManager::Secret": (id) =>
      `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name(id, "Name")}-abcdef`,
    "AWS::StepFunctions::StateMachine": (id) =>
      `arn:aws:states:${region}:${ACCOUNT}:stateMachine:${name(id, "StateMachineName")}`,
    "AWS::SQS::Queue": (id) => `arn:aws:sqs:${region}:${ACCOUNT}:${name(id, "QueueName")}`,
    "AWS::Logs::LogGroup": (id) => `arn:aws:logs:${region}:${ACCOUNT}:log-group:${name(id, "LogGroupName")}:*`,
  };
  const arn = (id: string): string => arns[of(id).Type]?.(id) ?? `arn:aws:unknown:${region}:${ACCOUNT}:${id}`;
  const ref = (id: string): string => {
    if (pseudo[id] !== undefined) return pseudo[id];
    const { Type } = of(id);
    if (Type === "AWS::KMS::Key") return keyIdOf(id);
    return /::(Secret|Version|StateMachine)$/.test(Type) ? arn(id) : id;
  };

  const functions: Readonly<Record<string, (argument: Json) => Json>> = {
    Ref: ref,
    "Fn::GetAtt": ([id, attribute]: [string, string]) => (/Arn$/.test(attribute) ? arn(id) : `${id}.${attribute}`),
    "Fn::Join": ([separator, parts]: [string, Json[]]) => parts.map(resolve).join(separator),
    "Fn::Select": ([index, list]: [number, Json]) => resolve(list)[index],
    "Fn::Split": ([separator, text]: [string, Json]) => resolve(text).split(separator),
  };
  function resolve(value: Json): Json {
    if (Array.isArray(value)) return value.map(resolve);
    if (value === null || typeof value !== "object") return value;
    const [[only = "", argument] = [], ...others] = Object.entries(value);
    if (others.length === 0 && (only === "Ref" || only.startsWith("Fn::")))
      return (functions[only] ?? fail(`The assembly cannot resolve ${only}.`))(argument);
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolve(part)]));
  }
  return { region, resolve, ref, arn };
}

/** Of a multi-Region key, in the form that AWS gives them: what a person copies into the next region's context. */
const keyIdOf = (id: string): string => `mrk-${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;

function fail(message: string): never {
  throw new Error(message);
}
