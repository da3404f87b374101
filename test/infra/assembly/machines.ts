import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  ExecutionAlreadyExists,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { executionArn, LOCAL_REGION, stateMachineArn } from "#adapters/local-workflows/arn.ts";
import { endedEvent } from "#adapters/local-workflows/ended-event.ts";
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
  /** A person stops the newest execution whose name begins so, in the console of Step Functions. */
  stop(beginning: string, cause: string): Promise<void>;
  /** Takes another template's machines into service. What runs goes on by the definition and the versions that it began with. */
  deploy(template: Template, resolver: Resolver): Promise<void>;
  /** Everything that ran stops as a crash would stop it. */
  close(): void;
}

interface Options {
  /** Where keys of the endpoint are kept. */
  readonly folder: string;
  /** Invokes the version of a function that an ARN names. */
  readonly invoke: (arn: string, event: unknown) => Promise<Json>;
  readonly onEnded: (detail: Json) => void;
}

/** The state machines of the template, by its own text, behind the Step Functions endpoint of standalone. */
export async function runMachines(template: Template, resolver: Resolver, options: Options): Promise<Machines> {
  const deployed = [await runVersion(template, resolver, options)];
  /** Who has an execution of that name already, or else what is deployed last: a name is used once, whatever was deployed since. */
  const versionFor = (workflow: string, name: string) =>
    deployed.find(({ workflows }) => workflows.executions.get(executionArn(workflow, name))) ?? newest();
  const newest = () => deployed.at(-1) ?? fail("Nothing is deployed.");

  return {
    async start({ stateMachineArn: asked, name, input }) {
      const colon = asked.lastIndexOf(":");
      const { names, aliases } = newest();
      const workflow = names.get(asked.slice(0, colon));
      if (!workflow || !aliases.has(asked.slice(colon + 1)))
        throw new AwsFailure("StateMachineDoesNotExist", `There is no ${asked}.`);
      try {
        const command = new StartExecutionCommand({ stateMachineArn: stateMachineArn(workflow), name, input });
        const { executionArn: arn, startDate } = await versionFor(workflow, name).client.send(command);
        return { executionArn: arn, startDate: (startDate?.getTime() ?? 0) / 1_000 };
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) throw new AwsFailure("ExecutionAlreadyExists", error.message);
        throw error;
      }
    },
    async stop(beginning, cause) {
      const running = deployed.flatMap(({ client, workflows }) =>
        [...workflows.machines.keys()].map(async (workflow) => {
          const command = new ListExecutionsCommand({
            stateMachineArn: stateMachineArn(workflow),
            statusFilter: "RUNNING",
          });
          const { executions = [] } = await client.send(command);
          return executions.map(({ executionArn: arn, name = "" }) => ({ client, arn, name }));
        }),
      );
      const found = (await Promise.all(running)).flat().find(({ name }) => name.startsWith(beginning));
      if (!found) throw new Error(`No execution runs whose name begins with ${beginning}.`);
      await found.client.send(new StopExecutionCommand({ executionArn: found.arn, cause }));
    },
    async deploy(next, resolves) {
      deployed.push(await runVersion(next, resolves, options));
    },
    close() {
      for (const version of deployed) version.close();
    },
  };
}

async function runVersion(template: Template, resolver: Resolver, { folder, invoke, onEnded }: Options) {
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
    onEnded: (execution, status) => {
      const [arn] = [...names].find(([, known]) => known === execution.workflow) ?? [];
      const { detail } = endedEvent(execution);
      onEnded({ ...detail, stateMachineArn: arn, status });
    },
  });
  const server = await serveStepFunctions({ data, port: 0, workflows, clock: systemClock, log });
  const client = new SFNClient({ endpoint: server.url, region: LOCAL_REGION, credentials: keyPairOf(data) });
  return {
    ...{ names, aliases, workflows, client },
    close() {
      workflows.close();
      server.close();
      client.destroy();
    },
  };
}

function fail(message: string): never {
  throw new Error(message);
}
