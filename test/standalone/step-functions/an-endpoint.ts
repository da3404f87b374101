import { SFNClient } from "@aws-sdk/client-sfn";
import { serve } from "@hono/node-server";
import { type LocalWorkflows, localWorkflows } from "#adapters/local-workflows.ts";
import { Refusal } from "#core/errors.ts";
import { stepFunctionsEndpoint } from "../../../standalone/step-functions/endpoint.ts";

export const pair = { accessKeyId: "AKIATESTTESTTESTTEST", secretAccessKey: "a secret of this test" };
export const machineArn = "arn:aws:states:local-1:000000000000:stateMachine:converge-network";
export const executionArn = (name: string) => `arn:aws:states:local-1:000000000000:execution:converge-network:${name}`;

const task = (Resource: string, Next: string) => ({ Type: "Task", Resource, ResultPath: "$.result", Next }) as const;
const definitions = {
  "converge-network": {
    StartAt: "Begin",
    States: { Begin: task("${Begin}", "Work"), Work: task("${Work}", "Done"), Done: { Type: "Succeed" } },
  },
};

export interface Endpoint {
  readonly url: string;
  readonly client: SFNClient;
  readonly workflows: LocalWorkflows;
  /** The inputs of the executions that began. */
  readonly begun: unknown[];
  /** Executions whose input has `hold` wait for this; those with `fail` fail. */
  release(): void;
  clientWith(
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
    region?: string,
  ): SFNClient;
  close(): Promise<void>;
}

/** The Step Functions endpoint on a port of its own, over a workflow of two tasks. */
export async function anEndpoint({ ahead = () => 0 }: { ahead?: () => number } = {}): Promise<Endpoint> {
  const begun: unknown[] = [];
  const held = Promise.withResolvers<null>();
  const workflows = localWorkflows({
    definitions,
    tasks: {
      Begin: async (input) => void begun.push(input),
      async Work(input) {
        const { hold, fail } = input as { hold?: boolean; fail?: boolean };
        if (fail) throw new Refusal("no-capacity", "No room.");
        return hold ? held.promise : "worked";
      },
    },
    log: () => {},
  });
  const app = stepFunctionsEndpoint({ workflows, pair, clock: { now: () => Date.now() + ahead() }, log: () => {} });
  const listening = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => listening.resolve(port));
  const url = `http://127.0.0.1:${await listening.promise}`;
  const clients: SFNClient[] = [];
  const clientWith: Endpoint["clientWith"] = (credentials, region = "local-1") => {
    const client = new SFNClient({ endpoint: url, region, credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  return {
    ...{ url, workflows, begun, clientWith, client: clientWith(pair) },
    release: () => held.resolve(null),
    async close() {
      workflows.close();
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
