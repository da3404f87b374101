import type { ListExecutionsOutput } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { itemOf } from "./describe-execution.ts";
import { findMachine } from "./find.ts";
import { operation } from "./operation.ts";
import { PageInput, pageOf } from "./page.ts";

const Input = z.object({
  stateMachineArn: z.string(),
  statusFilter: z.enum(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]).optional(),
  ...PageInput,
});

/** The executions of one state machine that are remembered, the newest first. */
export const listExecutions = operation(
  Input,
  (workflows, { stateMachineArn, statusFilter, ...page }): ListExecutionsOutput => {
    const { workflow } = findMachine(workflows, stateMachineArn);
    const all = workflows.executions
      .list(workflow)
      .filter(({ status }) => statusFilter === undefined || status === statusFilter);
    const { items, nextToken } = pageOf(all, page, ({ number }) => number);
    return { executions: items.map(itemOf), nextToken };
  },
);
