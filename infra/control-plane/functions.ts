import { Construct } from "constructs";
import { PREFIX } from "../names.ts";
import { type Rights, rights, storeActions } from "../rights.ts";
import { ControlPlaneFunction } from "./function.ts";
import type { IntentTable } from "./intent-table.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** An ARN, and how the function is told of the thing: by name, so that a replica of it in another region is found as well. */
export interface SecretReference {
  readonly name: string;
  readonly arn: string;
}

export interface FunctionsProps {
  /** Folder of each bundle, by function. */
  readonly bundles: Readonly<Record<string, string>>;
  /** Our name in tokens. */
  readonly issuer: string;
  readonly table: IntentTable;
  readonly keys: SigningKeys;
  readonly cursors: SecretReference;
  /** Signs what webhook gates are asked. */
  readonly gateWebhooks: SecretReference;
  readonly adminKey: SecretReference;
  readonly canaryKey: SecretReference;
  /** Whose pages may call the API from browsers. */
  readonly origins: readonly string[];
  /** Who people sign in by, as JSON. */
  readonly people: string;
  /** ARN of the alias of each workflow, by its name. */
  readonly workflows: Readonly<Record<string, string>>;
}

/** What differs from the usual function; the rest is 20 at once, 29 s and 512 MB. */
const sizes: Readonly<Record<string, { atOnce?: number; timeoutSeconds?: number; memoryMb?: number }>> = {
  // 200 requests at once, most of them some 20 ms: far above the gateway's throttle, but `?wait=20` holds one for 20 s.
  api: { atOnce: 200, memoryMb: 1_024 },
  // Held for 20 s while a network starts: so many networks are on their way at once.
  "observe-network": { atOnce: 100 },
  "follow-changes": { atOnce: 10 },
  // One sweep at a time; the second place is for one that overlaps.
  sweep: { atOnce: 2, timeoutSeconds: 55 },
  "watch-cells": { atOnce: 3, timeoutSeconds: 90, memoryMb: 1_024 },
  meter: { atOnce: 1, timeoutSeconds: 290 },
  "announce-keys": { atOnce: 1, timeoutSeconds: 60 },
  "key-ages": { atOnce: 1 },
  canary: { atOnce: 1, timeoutSeconds: 300, memoryMb: 256 },
  "begin-fleet": { atOnce: 1, timeoutSeconds: 60 },
  "take-home": { atOnce: 1 },
  "find-stream": { atOnce: 1 },
};

/** All functions of a control plane, each told and allowed what `rights` says and nothing else. */
export class Functions extends Construct {
  readonly #all: ReadonlyMap<string, ControlPlaneFunction>;

  constructor(scope: Construct, id: string, names: readonly string[], props: FunctionsProps) {
    super(scope, id);
    this.#all = new Map(names.map((name) => [name, this.#make(name, props)]));
  }

  /** The function of that name, or a sentence that says what to add. */
  get(name: string): ControlPlaneFunction {
    const found = this.#all.get(name);
    if (!found)
      throw new Error(
        `There is no function ${name}: add functions/lambda/${name}.ts and its rights in infra/rights.ts.`,
      );
    return found;
  }

  all(): readonly [string, ControlPlaneFunction][] {
    return [...this.#all];
  }

  #make(name: string, props: FunctionsProps): ControlPlaneFunction {
    const may = rights[name];
    const bundle = props.bundles[name];
    if (!may || !bundle)
      throw new Error(
        `${name} needs an entry in infra/rights.ts and a file functions/lambda/${name}.ts; one of them is missing.`,
      );
    const made = new ControlPlaneFunction(this, name, {
      bundle,
      atOnce: 20,
      ...sizes[name],
      environment: environmentOf(may, props),
    });
    grant(made, may, props);
    return made;
  }
}

const isTrue = <T>(condition: boolean | undefined, value: T): T | Record<never, never> => (condition ? value : {});

/** What a function is told: what it may not use it does not know. */
const environmentOf = (may: Rights, props: FunctionsProps) => ({
  CELLPLANE_ISSUER: props.issuer,
  CELLPLANE_TABLE: props.table.name,
  ...isTrue(may.cells || may.cellCallKeys || may.keyAges, { CELLPLANE_CELL_CALL_KEYS: props.keys.cellCalls.join(",") }),
  ...isTrue(may.networkTokens || may.networkTokenKeys || may.keyAges, {
    CELLPLANE_NETWORK_TOKEN_KEYS: props.keys.networkTokens.join(","),
  }),
  ...isTrue(may.workflows, { CELLPLANE_WORKFLOWS: JSON.stringify(props.workflows) }),
  ...isTrue(may.cursors, { CELLPLANE_CURSOR_SECRET: props.cursors.name, CELLPLANE_PEOPLE: props.people }),
  ...isTrue(may.gates, { CELLPLANE_GATE_SECRET: props.gateWebhooks.name }),
  ...isTrue(may.origins, { CELLPLANE_CONSOLE_ORIGINS: props.origins.join(",") }),
  ...isTrue(may.adminKey !== undefined, { CELLPLANE_ADMIN_KEY_SECRET: props.adminKey.name }),
  ...isTrue(may.canaryKey !== undefined, { CELLPLANE_CANARY_KEY_SECRET: props.canaryKey.name }),
});

function grant(made: ControlPlaneFunction, may: Rights, props: FunctionsProps): void {
  const { table, keys, cursors, gateWebhooks, adminKey, canaryKey, workflows } = props;
  const onTable = may.store.filter((action) => action !== "list").flatMap((action) => storeActions[action]);
  made.may(onTable, [table.arn]);
  if (may.store.includes("list")) made.may(storeActions.list, table.indexArns);
  if (may.describeTable) made.may(["dynamodb:DescribeTable"], [table.arn]);
  if (may.cells || may.cellCallKeys) made.may(["kms:GetPublicKey"], keys.cellCalls);
  if (may.networkTokens || may.networkTokenKeys) made.may(["kms:GetPublicKey"], keys.networkTokens);
  // The first signs. The other one does so in versions of before, as long as an execution in flight keeps one.
  if (may.cells) made.may(["kms:Sign"], keys.cellCalls);
  if (may.networkTokens) made.may(["kms:Sign"], keys.networkTokens);
  if (may.keyAges) made.may(["kms:DescribeKey"], [...keys.cellCalls.slice(0, 1), ...keys.networkTokens.slice(0, 1)]);
  if (may.workflows) made.may(["states:StartExecution"], Object.values(workflows));
  if (may.cursors) made.may(["secretsmanager:GetSecretValue"], [cursors.arn]);
  if (may.gates) {
    made.may(["secretsmanager:GetSecretValue"], [gateWebhooks.arn]);
    // Who may ask for named alarms alone is told of no composite one.
    made.may(["cloudwatch:DescribeAlarms"], ["*"]);
  }
  for (const [kept, { arn }] of [
    [may.adminKey, adminKey],
    [may.canaryKey, canaryKey],
  ] as const) {
    if (kept) made.may(["secretsmanager:GetSecretValue"], [arn]);
    if (kept === "keep") made.may(["secretsmanager:PutSecretValue"], [arn]);
  }
}

/** How a workflow's state machine is called, and its alias. */
export const machineName = (workflow: string): string => `${PREFIX}-${workflow}`;
export const ALIAS = "live";
