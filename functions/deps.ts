import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import type { Context } from "aws-lambda";
import * as z from "zod";
import { httpCells } from "#adapters/cells-http.ts";
import { dynamoStore } from "#adapters/dynamodb.ts";
import { clusterSecret } from "#adapters/eks/cluster-secret.ts";
import { clusterToken } from "#adapters/eks/cluster-token.ts";
import { embeddedMetrics } from "#adapters/emf.ts";
import { cloudwatchAlarms } from "#adapters/gates/cloudwatch-alarms.ts";
import { webhookGates } from "#adapters/gates/webhook.ts";
import { gatesOf } from "#adapters/gates.ts";
import { regionalStore } from "#adapters/home-store.ts";
import { jsonLog } from "#adapters/json-log.ts";
import { joseVerifier } from "#adapters/jwt.ts";
import { keySecret } from "#adapters/key-secret.ts";
import { kmsSigner } from "#adapters/kms-signer.ts";
import { oidcPeople } from "#adapters/oidc.ts";
import { outsideProbe } from "#adapters/probe.ts";
import { registryBuilds } from "#adapters/registry-builds.ts";
import { nodeSecrets } from "#adapters/secrets.ts";
import { stepFunctionsWorkflows } from "#adapters/step-functions.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import type { KeyPlace } from "#core/operations/begin-fleet.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { measuredStore } from "#core/operations/measured-store.ts";
import type { Secrets } from "#core/ports.ts";
import type { CellDeps } from "./resources/register-cell.ts";

const json = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (typeof text === "string" ? JSON.parse(text) : text), schema);
const list = z.string().transform((text) => text.split(",").filter((item) => item !== ""));

/** What a deploy tells a function, in its environment. What a function's ports need not is not there, and no secret ever is. */
const Environment = z.object({
  AWS_REGION: z.string(),
  CELLPLANE_TABLE: z.string(),
  /** Our name in tokens, the same in every region. */
  CELLPLANE_ISSUER: z.url(),
  /** ARNs by workflow name. */
  CELLPLANE_WORKFLOWS: json(z.record(z.string(), z.string())).default({}),
  CELLPLANE_CELL_CALL_KEYS: list.default([]),
  CELLPLANE_NETWORK_TOKEN_KEYS: list.default([]),
  /** Who people sign in by. */
  CELLPLANE_PEOPLE: json(
    z.array(z.object({ issuer: z.url(), audience: z.string(), platformAudience: z.string().optional() })),
  ).default([]),
  /** Name or ARN of the secret that signs cursors. */
  CELLPLANE_CURSOR_SECRET: z.string().optional(),
  /** Name or ARN of the secret that holds the admin key. */
  CELLPLANE_ADMIN_KEY_SECRET: z.string().optional(),
  /** Name or ARN of the secret that holds the canary's key. */
  CELLPLANE_CANARY_KEY_SECRET: z.string().optional(),
  /** Name or ARN of the secret that signs what webhook gates are asked. */
  CELLPLANE_GATE_SECRET: z.string().optional(),
  /** Origins of webhook gates that may be private, with commas between. */
  CELLPLANE_GATE_ORIGINS: list.default([]),
  /** Whose pages may call the API from browsers, with commas between. */
  CELLPLANE_CONSOLE_ORIGINS: list.default([]),
  LOG_LEVEL: z.string().default("info"),
});

/** Where a function does its work: `home` is only in the fleet's home region; elsewhere its events are somebody else's. */
export type Where = "home" | "everywhere" | "taking-over";

/** The region a function runs in. */
export interface Region {
  readonly name: string;
  isHome(): Promise<boolean>;
  /** Where the fleet's first key waits; for who was given the secret's name alone. */
  readonly adminKey: KeyPlace;
  /** Where the canary's own key waits, in the same way. */
  readonly canaryKey: KeyPlace;
  /** Since when the keys are there that sign now, as epoch milliseconds. */
  signingSince(): Promise<number[]>;
  /** Whose pages may call the API. */
  readonly origins: readonly string[];
  /** ARN of the stream that the table, or its replica, has here. */
  tableStream(): Promise<string>;
}

/** The control plane of one region on AWS. */
export async function fromEnvironment(where: Where): Promise<{ readonly deps: Dependencies; readonly region: Region }> {
  const environment = Environment.parse(process.env);
  const { AWS_REGION: region, CELLPLANE_ISSUER: issuer } = environment;
  const clock = systemClock;
  const log = jsonLog(environment.LOG_LEVEL, process.env.AWS_LAMBDA_FUNCTION_NAME ?? "function");
  const kms = new KMSClient();
  const cellCalls = kmsSigner({ client: kms, keys: environment.CELLPLANE_CELL_CALL_KEYS });
  const dynamo = new DynamoDBClient();
  const whole = dynamoStore({ client: dynamo, table: environment.CELLPLANE_TABLE });
  const { store, isHome } = regionalStore(whole, region, clock);
  // Lambda hands stdout to CloudWatch, which makes metrics of such lines.
  const measure = embeddedMetrics({ write: (line) => process.stdout.write(`${line}\n`), clock });
  const secrets = new SecretsManagerClient();
  const deps: Dependencies = {
    store: measuredStore(where === "taking-over" ? whole : store, measure),
    measure,
    workflows: stepFunctionsWorkflows({ client: new SFNClient(), arns: environment.CELLPLANE_WORKFLOWS }),
    cells: httpCells({ signer: cellCalls, issuer, clock }),
    builds: registryBuilds(),
    probe: outsideProbe(),
    gates: gatesOf({
      alarm: cloudwatchAlarms({ region, credentials: () => secrets.config.credentials(), now: clock.now }),
      webhook: webhookGates({
        secret: () => readSecret(secrets, environment.CELLPLANE_GATE_SECRET),
        allowed: environment.CELLPLANE_GATE_ORIGINS,
        clock,
      }),
    }),
    networkTokens: kmsSigner({ client: kms, keys: environment.CELLPLANE_NETWORK_TOKEN_KEYS }),
    cellCalls,
    verifier: joseVerifier,
    people: oidcPeople(environment.CELLPLANE_PEOPLE, { log }),
    clock,
    ids: ulids(clock),
    chance: Math.random,
    secrets: await secretsOf(environment.CELLPLANE_CURSOR_SECRET),
    issuer,
    log,
  };
  const keyIn = (secret = "") => keySecret({ client: secrets, secret });
  const signing = [environment.CELLPLANE_CELL_CALL_KEYS[0], environment.CELLPLANE_NETWORK_TOKEN_KEYS[0]];
  const signingSince = () =>
    Promise.all(
      signing
        .filter((key) => key !== undefined)
        .map(async (KeyId) => {
          const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
          return KeyMetadata?.CreationDate?.getTime() ?? 0;
        }),
    );
  const tableStream = async () => {
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: environment.CELLPLANE_TABLE }));
    if (!Table?.LatestStreamArn)
      throw new Error(`The table ${environment.CELLPLANE_TABLE} has no stream in ${region}.`);
    return Table.LatestStreamArn;
  };
  return {
    deps,
    region: {
      ...{ name: region, isHome, signingSince, tableStream },
      adminKey: keyIn(environment.CELLPLANE_ADMIN_KEY_SECRET),
      canaryKey: keyIn(environment.CELLPLANE_CANARY_KEY_SECRET),
      origins: environment.CELLPLANE_CONSOLE_ORIGINS,
    },
  };
}

async function readSecret(client: SecretsManagerClient, SecretId: string | undefined): Promise<string> {
  if (SecretId === undefined) throw new Error("This function asks no webhooks: it was given no key for them.");
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
  if (!SecretString) throw new Error(`The secret ${SecretId} is empty.`);
  return SecretString;
}

async function secretsOf(cursorSecret: string | undefined): Promise<Secrets> {
  if (cursorSecret !== undefined) {
    const { SecretString } = await new SecretsManagerClient().send(
      new GetSecretValueCommand({ SecretId: cursorSecret }),
    );
    if (!SecretString) throw new Error("The secret that signs cursors is empty.");
    return nodeSecrets(Buffer.from(SecretString));
  }
  return {
    ...nodeSecrets(new Uint8Array()),
    mac() {
      throw new Error("This function signs no cursors: it was given no key for them.");
    },
  };
}

/** What the function of a cell's own stack has: secrets by name, and one Secret of its cluster, which knows it by its role. */
export function cellDeps(): CellDeps {
  const secrets = new SecretsManagerClient();
  const { AWS_LAMBDA_FUNCTION_NAME = "function", LOG_LEVEL = "info" } = process.env;
  return {
    clock: systemClock,
    log: jsonLog(LOG_LEVEL, AWS_LAMBDA_FUNCTION_NAME),
    async readSecret(name) {
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: name }));
      if (!SecretString) throw new Error(`The secret ${name} is empty.`);
      return SecretString;
    },
    joinSecret: ({ cluster, endpoint, caData, namespace, name }) =>
      clusterSecret({
        ...{ endpoint, namespace, name },
        caPem: Buffer.from(caData, "base64").toString(),
        async bearer() {
          const [region, lent] = [await secrets.config.region(), await secrets.config.credentials()];
          return clusterToken(cluster, region, lent, systemClock.now());
        },
      }),
  };
}

/** Something that is done with an event of Lambda. */
type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/**
 * Makes a Lambda function: everything it needs is built from the environment at its first call, once. Where the work belongs to the
 * home and this region is not it, nothing is done, and the event counts as dealt with.
 */
export function lambda<Event, Result>(
  make: (deps: Dependencies, region: Region) => Handler<Event, Result>,
  where: Where = "home",
): Handler<Event, Result | undefined> {
  let ready: Promise<{ readonly handler: Handler<Event, Result>; readonly region: Region }> | undefined;
  const open = async () => {
    const { deps, region } = await fromEnvironment(where);
    return { handler: make(deps, region), region };
  };
  return async (event, context) => {
    ready ??= open();
    // What could not be built is built anew at the next call.
    ready.catch(() => {
      ready = undefined;
    });
    const { handler, region } = await ready;
    return where !== "home" || (await region.isHome()) ? handler(event, context) : undefined;
  };
}
