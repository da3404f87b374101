import type { DescribeStateMachineOutput, ListStateMachinesOutput } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { ROLE_ARN } from "#adapters/local-workflows/arn.ts";
import type { Machine } from "#adapters/local-workflows.ts";
import { findMachine } from "./find.ts";
import { operation } from "./operation.ts";
import { PageInput, pageOf } from "./page.ts";

/** They are built with the process. */
const createdAt = new Date();

const itemOf = ({ arn, workflow }: Machine) => ({
  stateMachineArn: arn,
  name: workflow,
  type: "STANDARD" as const,
  creationDate: createdAt,
});

/** All state machines there are. */
export const listStateMachines = operation(z.object(PageInput), ({ machines }, page): ListStateMachinesOutput => {
  const all = [...machines.values()].map((machine, number) => ({ machine, number }));
  const { items, nextToken } = pageOf(all, page, ({ number }) => number);
  return { stateMachines: items.map(({ machine }) => itemOf(machine)), nextToken };
});

/** One of them with its definition. */
export const describeStateMachine = operation(
  z.object({ stateMachineArn: z.string() }),
  (workflows, { stateMachineArn }): DescribeStateMachineOutput => {
    const machine = findMachine(workflows, stateMachineArn);
    return { ...itemOf(machine), status: "ACTIVE", definition: machine.definition, roleArn: ROLE_ARN };
  },
);
