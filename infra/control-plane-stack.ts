import { ArnFormat, CfnOutput, CustomResource, Stack, Tags, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as route53 from "aws-cdk-lib/aws-route53";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { workflows } from "#step-functions/index.ts";
import type { ControlPlaneContext } from "./context.ts";
import { FrontDoor } from "./control-plane/front-door.ts";
import { ALIAS, Functions, machineName, type SecretReference } from "./control-plane/functions.ts";
import { IntentTable } from "./control-plane/intent-table.ts";
import { Operability } from "./control-plane/operability.ts";
import { People } from "./control-plane/people.ts";
import { Signals } from "./control-plane/signals.ts";
import { SigningKeys } from "./control-plane/signing-keys.ts";
import { Workflow } from "./control-plane/workflow.ts";
import { kebab, PREFIX } from "./names.ts";
import { CELL_FUNCTION } from "./rights.ts";

export interface ControlPlaneProps {
  readonly context: ControlPlaneContext;
  /** Folder of each function's bundle. */
  readonly bundles: Readonly<Record<string, string>>;
  readonly account?: string;
}

/** The control plane of one region: the home, which writes, or another, which serves reads and waits to take over. */
export class ControlPlaneStack extends Stack {
  readonly table: IntentTable;

  constructor(scope: Construct, { context, bundles, account }: ControlPlaneProps) {
    const { region, domain, here } = context;
    super(scope, `${PREFIX}-control-plane-${region}`, {
      description: `cellplane control plane, ${here.home ? "home" : "another region"}`,
      env: { region, ...(account ? { account } : {}) },
    });
    const zone = this.zone(context);
    this.table = new IntentTable(this, "Intent", here);
    const people = here.people ? [here.people] : new People(this, "People", domain).issuers;
    const machines = Object.keys(workflows).map((workflow) => [workflow, this.machineArn(workflow)] as const);
    const elsewhere = [CELL_FUNCTION, here.home ? "find-stream" : "begin-fleet"];
    const names = Object.keys(bundles).filter((name) => !elsewhere.includes(name));
    const functions = new Functions(this, "Functions", names, {
      bundles,
      issuer: `https://api.${domain}`,
      table: this.table,
      keys: new SigningKeys(this, "Keys", context),
      cursors: this.secret("Cursors", "signs the cursors of lists", here),
      gateWebhooks: this.secret("GateWebhooks", "signs what webhook gates of rollouts are asked", here),
      adminKey: this.secret("AdminKey", "the fleet's first key, of the platform's operators", here),
      canaryKey: this.secret("CanaryKey", "the key that the canary comes in with", here),
      origins: context.origins,
      people: this.toJsonString(people),
      workflows: Object.fromEntries(machines.map(([workflow, arn]) => [workflow, `${arn}:${ALIAS}`])),
    });
    const running = Object.entries(workflows).map(
      ([workflow, definition]) => new Workflow(this, workflow, definition, functions),
    );
    const streamArn = this.table.streamArn ?? this.begin("find-stream", functions).getAttString("Arn");
    const signals = new Signals(this, "Signals", {
      functions,
      streamArn,
      machines: machines.map(([, arn]) => arn),
    });
    if (here.home) this.begin("begin-fleet", functions).node.addDependency(this.table);
    const door = new FrontDoor(this, "FrontDoor", {
      api: functions.get("api"),
      docs: functions.get("docs"),
      domain,
      zone,
      home: here.home,
    });
    new Operability(this, "Operability", {
      functions,
      tableName: this.table.name,
      http: door.http,
      machines: running.map(({ machine }) => machine),
      deadLetters: signals.deadLetters,
      ...(context.pager ? { pager: context.pager } : {}),
    });
    this.finish(context);
  }

  private zone({ zone, domain }: ControlPlaneContext): route53.IHostedZone {
    if (zone)
      return route53.HostedZone.fromHostedZoneAttributes(this, "Zone", { hostedZoneId: zone, zoneName: domain });
    const made = new route53.PublicHostedZone(this, "Zone", { zoneName: domain });
    new CfnOutput(this, "ZoneId", { value: made.hostedZoneId });
    return made;
  }

  private machineArn(workflow: string): string {
    return this.formatArn({
      service: "states",
      resource: "stateMachine",
      resourceName: machineName(workflow),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  /** Made at the home and copied to the other regions, where it is found by the same name. */
  private secret(id: string, what: string, here: ControlPlaneContext["here"]): SecretReference {
    const name = `${PREFIX}/${kebab(id)}`;
    if (!here.home)
      return {
        name,
        arn: this.formatArn({
          service: "secretsmanager",
          resource: "secret",
          resourceName: `${name}-??????`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      };
    const made = new secretsmanager.Secret(this, id, {
      secretName: name,
      description: `${PREFIX}: ${what}`,
      generateSecretString: { excludePunctuation: true, passwordLength: 43 },
      replicaRegions: here.replicas.map((region) => ({ region })),
    });
    Validations.of(made).acknowledge({
      id: "AwsSolutions-SMG4",
      reason: "Old cursors must verify, and a key is replaced by revoking it: see the runbook key-age.",
    });
    new CfnOutput(this, `${id}Secret`, { value: name });
    return { name, arn: made.secretArn };
  }

  private begin(name: "begin-fleet" | "find-stream", functions: Functions): CustomResource {
    return new CustomResource(this, name === "begin-fleet" ? "Fleet" : "Stream", {
      resourceType: name === "begin-fleet" ? "Custom::Fleet" : "Custom::TableStream",
      serviceToken: functions.get(name).fn.functionArn,
    });
  }

  private finish({ tags, boundary }: ControlPlaneContext): void {
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
    if (boundary)
      iam.PermissionsBoundary.of(this).apply(iam.ManagedPolicy.fromManagedPolicyArn(this, "Boundary", boundary));
  }
}
