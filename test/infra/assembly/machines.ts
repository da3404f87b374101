import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { LOCAL_REGION, stateMachineArn } from "#adapters/local-workflows/arn.ts";
import { type Definition, localWorkflows } from "#adapters/local-workflows.ts";
import { systemClock } from "#adapters/world.ts";
import type { WorkflowName } from "#core/ports.ts";
import { serveStepFunctions } from "../../../standalone/control-plane/serve-step-functions.ts";
import { keyPairOf } from "../../../standalone/step-functions/credentials.ts";
import { type Json, ofType, type Template } from "../synthesize.ts";
import { AwsFailure } from "./aws.ts";
import type { Resolver } from "./resolve.ts";

export interface Machines {
  /** Answers StartExecution of an alias's ARN, by standalone's endpoint. */
  start(body: Json): Promise<Json>;
  /** Everything that ran stops as a crash would stop it. */
  close(): void;
}

/** The state machines of the template, by its own text, behind the Step Functions endpoint of standalone. */
export async function runMachines(options: {
  readonly template: Template;
  readonly resolver: Resolver;
  readonly folder: string;
  /** Invokes the function that an ARN names. */
  readonly invoke: (arn: string, event: unknown) => Promise<Json>;
  readonly onEnded: (detail: Json) => void;
}): Promise<Machines> {
  const { template, resolver, folder, invoke } = options;
  const definitions: Record<string, Definition> = {};
  const tasks: Record<string, (input: unknown) => Promise<unknown>> = {};
  const names = new Map<string, string>();
  for (const [id, { Properties }] of ofType(template, "AWS::StepFunctions::StateMachine")) {
    const workflow = Properties.StateMachineName.replace(/^cellplane-/, "");
    definitions[workflow] = JSON.parse(resolver.resolve(Properties.DefinitionString));
    names.set(resolver.arn(id), workflow);
    for (const [task, version] of Object.entries(Properties.DefinitionSubstitutions))
      tasks[task] = (input) => invoke(resolver.resolve(version), input);
  }
  const aliases = new Set(
    ofType(template, "AWS::StepFunctions::StateMachineAlias").map(([, { Properties }]) => Properties.Name),
  );
  const data = join(folder, "step-functions");
  mkdirSync(data, { recursive: true });
  const log = () => {};
  const workflows = localWorkflows({
    definitions: definitions as Record<WorkflowName, Definition>,
    tasks,
    log,
    onEnded: ({ workflow, name, input, end }, status) => {
      const [arn] = [...names].find(([, known]) => known === workflow) ?? [];
      options.onEnded({ stateMachineArn: arn, name, status, input, ...end?.how });
    },
  });
  const server = await serveStepFunctions({ data, port: 0, workflows, clock: systemClock, log });
  const pair = keyPairOf(data);
  const client = new SFNClient({ endpoint: server.url, region: LOCAL_REGION, credentials: pair });

  return {
    async start({ stateMachineArn: asked, name, input }) {
      const colon = asked.lastIndexOf(":");
      const workflow = names.get(asked.slice(0, colon));
      if (!workflow || !aliases.has(asked.slice(colon + 1)))
        throw new AwsFailure("StateMachineDoesNotExist", `There is no ${asked}.`);
      try {
        const command = new StartExecutionCommand({ stateMachineArn: stateMachineArn(workflow), name, input });
        const { executionArn, startDate } = await client.send(command);
        return { executionArn, startDate: (startDate?.getTime() ?? 0) / 1_000 };
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) throw new AwsFailure("ExecutionAlreadyExists", error.message);
        throw error;
      }
    },
    close() {
      workflows.close();
      server.close();
      client.destroy();
    },
  };
}
