import { runSimulation } from "@cloud-copilot/iam-simulate";
import { type Json, ofType, type Template } from "../synthesize.ts";
import { ACCOUNT, type Resolver } from "./resolve.ts";

/** One call of AWS as IAM sees it. */
export interface Act {
  readonly action: string;
  readonly resource: string;
}

export interface Policies {
  /** Whether the template lets this function do that; notes that it did. */
  allows(name: string, act: Act): Promise<boolean>;
  /** `function action`, for every right that was given and never used. */
  unused(): string[];
}

/** What Lambda itself does with a function's role, or the tracing around it, is no call of ours. */
const notOurs = /^(logs|xray|sqs):|Stream|Records|ShardIterator/;

/** Decides by the policies of the template as IAM would, the key policies of KMS included. `used` goes on over several deploys. */
export function policiesOf(template: Template, { resolve, arn, region }: Resolver, used = new Set<string>()): Policies {
  const roles = new Map(
    ofType(template, "AWS::Lambda::Function").map(([, { Properties }]) => [
      resolve(Properties.FunctionName) as string,
      Properties.Role["Fn::GetAtt"][0] as string,
    ]),
  );
  const policyOf = (role: string) =>
    ofType(template, "AWS::IAM::Policy")
      .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
      .map(([id, { Properties }]) => ({ name: id, policy: resolve(Properties.PolicyDocument) }));
  const policies = new Map([...roles].map(([name, role]) => [name, policyOf(role)]));
  const keyPolicies = new Map(
    [...ofType(template, "AWS::KMS::Key"), ...ofType(template, "AWS::KMS::ReplicaKey")].map(([id, { Properties }]) => [
      arn(id),
      resolve(Properties.KeyPolicy),
    ]),
  );
  const decided = new Map<string, Promise<boolean>>();

  async function decide(name: string, { action, resource }: Act): Promise<boolean> {
    const keyPolicy = keyPolicies.get(resource);
    const answer = await runSimulation(
      {
        identityPolicies: policies.get(name) ?? [],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(keyPolicy ? { resourcePolicy: keyPolicy } : {}),
        request: {
          action,
          principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${roles.get(name)}/${name}`,
          resource: { accountId: ACCOUNT, resource },
          contextVariables: { "aws:RequestedRegion": region },
        },
      },
      {},
    );
    if (answer.resultType === "error")
      throw new Error(`IAM cannot judge ${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
    return answer.overallResult === "Allowed";
  }

  return {
    async allows(name, act) {
      const key = `${name} ${act.action} ${act.resource}`;
      const decision = decided.get(key) ?? decide(name, act);
      decided.set(key, decision);
      const allowed = await decision;
      if (allowed) used.add(`${name} ${act.action}`);
      return allowed;
    },
    unused: () =>
      [...policies].flatMap(([name, all]) => {
        const actions: string[] = all.flatMap(({ policy }) =>
          policy.Statement.flatMap(({ Action }: { Action: Json }) => [Action].flat()),
        );
        return [...new Set(actions)]
          .filter((action) => !notOurs.test(action) && !used.has(`${name} ${action}`))
          .map((action) => `${name} ${action}`);
      }),
  };
}
