import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { serve } from "@hono/node-server";
import { gateway } from "../../../standalone/control-plane/gateway.ts";
import { localSettings } from "../../aws/local-settings.ts";
import { readStream, type StreamReader } from "../../aws/stream-reader.ts";
import { type Json, ofType, type Template } from "../synthesize.ts";
import { asyncInvocations } from "./async-invocations.ts";
import { openAws } from "./aws.ts";
import { tellResource } from "./begin.ts";
import { type EventBridge, eventBridge } from "./event-bridge.ts";
import { type FunctionProcess, functionProcess } from "./function-process.ts";
import { type LocalTable, makeTable } from "./intent-table.ts";
import { type KeysAndSecrets, keysAndSecrets } from "./keys-and-secrets.ts";
import { runMachines } from "./machines.ts";
import { policiesOf } from "./policies.ts";
import { ACCOUNT, type Resolver, resolverOf } from "./resolve.ts";

/** What all regions of a fleet have in common: the home's template makes it. */
export interface Fleet {
  readonly home: Template;
  readonly kept: KeysAndSecrets;
}

/** A control plane that runs as its synthesized assembly says, and what a test may do to it. */
export interface Assembly {
  readonly url: string;
  /** Where functions reach AWS. */
  readonly awsUrl: string;
  /** The admin key, from where the deploy has put it. */
  readonly key: string;
  secret(name: string): string;
  readonly fleet: Fleet;
  readonly table: LocalTable;
  readonly denied: readonly string[];
  /** Whether the template lets a function do that. */
  mayDo(name: string, action: string, resource: string): Promise<boolean>;
  unusedRights(): string[];
  /** The template's rules: its schedules with the clock that they go by, and what is told of events. */
  readonly events: Pick<EventBridge, "put" | "pass" | "fired" | "schedules">;
  /** A person stops the execution whose name begins so. */
  stop(beginning: string, cause: string): Promise<void>;
  invoke(name: string, event: Json): Promise<Json>;
  /** Deploys another assembly of the same stack over this one: its functions, told and allowed what that says. */
  deploy(folder: string): Promise<void>;
  /** Writes a record that wakes the stream's consumer and cannot be read. */
  poison(id: string): Promise<void>;
  /** What nobody could deal with and the template has kept for a person: ids of records, and events as JSON. */
  deadLetters(): readonly string[];
  /** Follows the table's stream, until it is stopped; what happens meanwhile is lost to it. */
  follow(): Promise<void>;
  unfollow(): Promise<void>;
  close(): Promise<void>;
}

/** Starts what `folder` (a cdk.out) would deploy to `region`. Nothing but the assembly says what that is. */
export async function startAssembly(options: {
  readonly folder: string;
  readonly stack: string;
  readonly region: string;
  readonly dynamo: string;
  readonly log: string;
  /** Functions of other stacks, whose rights are not this template's to give. */
  readonly visitors?: readonly string[];
  /** The fleet that it is another region of; without one it is a home. */
  readonly fleet?: Fleet;
}): Promise<Assembly> {
  const { folder, stack, region, dynamo, log } = options;
  const template = templateIn(folder, stack);
  const resolver = resolverOf(template, region);
  const { resolve } = resolver;
  const { fleet = { home: template, kept: keysAndSecrets() } } = options;
  const table = await makeTable(fleet.home, resolverOf(fleet.home, region), dynamo);
  const used = new Set<string>();
  let policies = policiesOf(template, resolver, used);
  const { answer } = fleet.kept;
  /** By name, and each version by the name and the version. */
  const functions = new Map<string, FunctionProcess>();
  const atOnce = new Map<string, number>();
  let deploys = 0;
  const named = (arn: string) => functions.get(/function:(.+)/.exec(arn)?.[1] ?? "") ?? missing(arn);
  const lambda = asyncInvocations({
    ...{ template, resolver },
    allows: (name, act) => policies.allows(name, act),
    invoke: (arn, event) => named(arn).invoke(event),
  });
  const events = eventBridge({
    ...{ template, resolver, invoke: lambda.invoke },
    isBusy: (arn) => named(arn).running() >= (atOnce.get(/function:(.+)/.exec(arn)?.[1] ?? "") ?? Infinity),
  });
  const machines = await runMachines(template, resolver, {
    folder: log,
    invoke: (arn, event) => named(arn).invoke(event),
    onEnded: (detail) =>
      events.put({ source: "aws.states", "detail-type": "Step Functions Execution Status Change", detail }),
  });
  const aws = await openAws({
    allows: (name, act) => policies.allows(name, act),
    table,
    arns: {
      table: (name) => `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${name}`,
      secret: (name) => `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name}-abcdef`,
    },
    visitors: options.visitors ?? [],
    isCurrent: (deploy) => deploy === "" || deploy === String(deploys),
    async answer(call) {
      if (call.service === "dynamodb") return undefined;
      return call.service === "states" ? machines.start(call.body) : answer(call);
    },
  });

  const server = serve({
    fetch: gateway((event) => named(resolve(integrationOf(template, event.rawPath))).invoke(event)).fetch,
    hostname: "127.0.0.1",
    port: 0,
  });
  await new Promise((listening) => server.once("listening", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Takes the functions of an assembly into service. Those of the one before end what they were at; their versions stay for who names one. */
  function install(from: string, deployed: Template, { resolve, arn }: Resolver): void {
    deploys += 1;
    for (const each of functions.values()) each.rest();
    const versions = ofType(deployed, "AWS::Lambda::Version");
    for (const [id, { Properties }] of ofType(deployed, "AWS::Lambda::Function")) {
      const name: string = resolve(Properties.FunctionName);
      const variables: Record<string, string> = resolve(Properties.Environment.Variables);
      const started = () =>
        functionProcess({
          name,
          asset: join(from, assetOf(Properties)),
          log: join(log, "functions.log"),
          environment: {
            ...variables,
            // The canary comes in by the public door, whose name only leads here once it is deployed.
            ...(name === "cellplane-canary" ? { CELLPLANE_ISSUER: url } : {}),
            AWS_REGION: region,
            AWS_LAMBDA_FUNCTION_NAME: name,
            AWS_ACCESS_KEY_ID: `${name}.${deploys}`,
            AWS_SECRET_ACCESS_KEY: "any",
            AWS_ENDPOINT_URL: aws.url,
          },
        });
      functions.set(name, started());
      atOnce.set(name, Properties.ReservedConcurrentExecutions ?? Infinity);
      for (const [version, { Properties: of }] of versions) {
        const [, key = ""] = /function:(.+)/.exec(arn(version)) ?? [];
        if (of.FunctionName.Ref === id && !functions.has(key)) functions.set(key, started());
      }
    }
  }
  install(folder, template, resolver);
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (!Type.startsWith("Custom::")) continue;
    const told = { requestType: "Create", id, properties: {} } as const;
    const made = await tellResource(told, (event) => named(resolve(Properties.ServiceToken)).invoke(event));
    if (made.Status !== "SUCCESS") throw new Error(`${id} was not made: ${made.Reason}`);
  }

  const secret = (SecretId: string): string =>
    answer({ service: "secretsmanager", operation: "GetSecretValue", body: { SecretId } }).SecretString;
  let reader: StreamReader | undefined;
  const [[, mapping] = []] = ofType(template, "AWS::Lambda::EventSourceMapping");
  return {
    url,
    awsUrl: aws.url,
    key: secret("cellplane/admin-key"),
    ...{ secret, fleet, table },
    denied: aws.denied,
    mayDo: (name, action, resource) => policies.allows(`cellplane-${name}`, { action, resource }),
    unusedRights: () => policies.unused(),
    async deploy(next) {
      const deployed = templateIn(next, stack);
      const resolves = resolverOf(deployed, region);
      policies = policiesOf(deployed, resolves, used);
      install(next, deployed, resolves);
      await machines.deploy(deployed, resolves);
    },
    poison: (id) => table.put({ id: { S: id }, kind: { S: "operation" }, signal: { S: "1" }, record: { S: "poison" } }),
    deadLetters() {
      const queue = resolve(mapping?.Properties.DestinationConfig.OnFailure.Destination);
      const [id = ""] = ofType(template, "AWS::SQS::Queue").find(([each]) => resolver.arn(each) === queue) ?? [];
      return id === "" ? missing("dead-letter queue") : [...(reader?.givenUp ?? []), ...lambda.keptIn(queue)];
    },
    invoke: (name, event) => named(`function:cellplane-${name}`).invoke(event),
    ...{ events, stop: machines.stop },
    async follow() {
      const { BatchSize, MaximumRetryAttempts, FilterCriteria } = mapping?.Properties ?? missing("stream");
      const consumer = `function:${resolve(template.Resources[mapping?.Properties.FunctionName.Ref]?.Properties.FunctionName)}`;
      reader = readStream({
        client: new DynamoDBStreamsClient(localSettings(dynamo)),
        stream: table.stream,
        handler: (event) => named(consumer).invoke(event),
        batchSize: BatchSize,
        attempts: MaximumRetryAttempts + 1,
        filter: JSON.parse(FilterCriteria.Filters[0].Pattern),
      });
    },
    async unfollow() {
      await reader?.close();
      reader = undefined;
    },
    async close() {
      events.close();
      await reader?.close();
      machines.close();
      for (const each of functions.values()) each.kill();
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      aws.close();
      await table.close();
    },
  };
}

const templateIn = (folder: string, stack: string): Template =>
  JSON.parse(readFileSync(join(folder, `${stack}.template.json`), "utf8"));

/** The folder of a function's asset in the assembly, by the object that CDK would upload it as. */
const assetOf = ({ Code }: Json): string => `asset.${basename(Code.S3Key, ".zip")}`;

/** What API Gateway would hand a GET of that path to: the route that says so, or else the default one. */
function integrationOf(template: Template, path: string): Json {
  const routes = ofType(template, "AWS::ApiGatewayV2::Route").map(([, { Properties }]) => Properties);
  const pattern = (key: string) => new RegExp(`^${key.replace(/^GET /, "").replace(/\{\w+\}/g, "[^/]+")}$`);
  const route =
    routes.find(({ RouteKey }) => pattern(RouteKey).test(path)) ??
    routes.find(({ RouteKey }) => RouteKey === "$default");
  const integration = template.Resources[route?.Target["Fn::Join"][1][1].Ref];
  return integration?.Properties.IntegrationUri ?? missing(path);
}

function missing(what: string): never {
  throw new Error(`The template has no ${what}.`);
}
