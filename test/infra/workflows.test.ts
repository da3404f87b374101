import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { stepFunctionsWorkflows } from "#adapters/step-functions.ts";
import { Refusal } from "#core/errors.ts";
import { workflowsContract } from "../contracts/workflows.ts";
import { openAws } from "./assembly/aws.ts";
import { runMachines } from "./assembly/machines.ts";
import { policiesOf } from "./assembly/policies.ts";
import { type Resolver, resolverOf } from "./assembly/resolve.ts";
import { functionNamed, home, synthesize, type Template } from "./synthesize.ts";

/** Starts workflows as the consumer of the stream does: by the ARNs that the template tells it, with its rights and no others. */
describe("the state machines of the template", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-machines-"));
  let made: ReturnType<typeof synthesize>;
  let template: Template;
  let resolver: Resolver;
  beforeAll(() => {
    made = synthesize(home);
    template = made.template;
    resolver = resolverOf(template, "eu-central-1");
  });
  afterAll(() => {
    for (const each of [folder, made.folder]) rmSync(each, { recursive: true, force: true });
  });

  workflowsContract("the consumer of the stream, through the assembly's door,", async () => {
    const begun: unknown[] = [];
    const machines = await runMachines(template, resolver, {
      folder,
      async invoke(arn, input) {
        if (!/function:cellplane-place-network:/.test(arn)) return {};
        begun.push(input);
        throw new Refusal("invalid-input", "It goes no further here, and no repeat mends it.");
      },
      onEnded: () => {},
    });
    const policies = policiesOf(template, resolver);
    const aws = await openAws({
      allows: (name, act) => policies.allows(name, act),
      table: { endpoint: inject("dynamoEndpoint"), name: "cellplane-intent", localName: "cellplane-intent" },
      arns: { table: (name) => name, secret: (name) => name },
      visitors: [],
      answer: ({ body }) => machines.start(body),
    });
    const { Environment } = functionNamed(template, "follow-changes")[1].Properties;
    const client = new SFNClient({
      endpoint: aws.url,
      region: "eu-central-1",
      credentials: { accessKeyId: "cellplane-follow-changes", secretAccessKey: "any" },
    });
    const arns = JSON.parse(resolver.resolve(Environment.Variables.CELLPLANE_WORKFLOWS));
    return {
      workflows: stepFunctionsWorkflows({ client, arns }),
      begun: () => begun,
      close() {
        client.destroy();
        aws.close();
        machines.close();
      },
    };
  });
});
