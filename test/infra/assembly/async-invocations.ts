import { type Json, ofType, type Template } from "../synthesize.ts";
import type { Policies } from "./policies.ts";
import type { Resolver } from "./resolve.ts";

/** Functions as Lambda invokes them for who does not wait: again when they fail, as often as the template says, without the pauses. */
export interface AsyncInvocations {
  /** Settles as the last attempt did. */
  invoke(arn: string, event: Json): Promise<Json>;
  /** What no attempt could deal with and the template has kept in that queue, as JSON. */
  keptIn(queue: string): readonly string[];
}

interface Config {
  readonly MaximumRetryAttempts?: number;
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination: string } };
}

/** What Lambda does of itself where nothing is said. */
const RETRIES = 2;

export function asyncInvocations(options: {
  readonly template: Template;
  readonly resolver: Resolver;
  readonly allows: Policies["allows"];
  readonly invoke: (arn: string, event: Json) => Promise<Json>;
}): AsyncInvocations {
  const { template, resolver, allows, invoke } = options;
  const configs = new Map<string, Config>(
    ofType(template, "AWS::Lambda::EventInvokeConfig").map(([, { Properties }]) => [
      resolver.arn(Properties.FunctionName.Ref),
      resolver.resolve(Properties),
    ]),
  );
  const kept: { readonly queue: string; readonly letter: string }[] = [];

  /** By the function's own role, as Lambda does it. */
  async function keep(queue: string, arn: string, requestPayload: Json): Promise<void> {
    const name = arn.replace(/^.*:function:/, "");
    if (!(await allows(name, { action: "sqs:SendMessage", resource: queue })))
      throw new Error(`${name} may not write to ${queue}.`);
    kept.push({ queue, letter: JSON.stringify({ requestContext: { functionArn: arn }, requestPayload }) });
  }

  return {
    async invoke(arn, event) {
      const { MaximumRetryAttempts = RETRIES, DestinationConfig } = configs.get(arn) ?? {};
      for (let left = MaximumRetryAttempts; ; left -= 1)
        try {
          return await invoke(arn, event);
        } catch (error) {
          if (left > 0) continue;
          const queue = DestinationConfig?.OnFailure?.Destination;
          if (queue) await keep(queue, arn, event);
          throw error;
        }
    },
    keptIn: (queue) => kept.filter((each) => each.queue === queue).map(({ letter }) => letter),
  };
}
