import type { StopExecutionOutput } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { findExecution } from "./find.ts";
import { operation } from "./operation.ts";

const Input = z.object({
  executionArn: z.string(),
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});

/** Stops an execution; one that has ended stays as it is. */
export const stopExecution = operation(
  Input,
  async (workflows, { executionArn, error, cause }): Promise<StopExecutionOutput> => {
    const execution = findExecution(workflows, executionArn);
    await execution.stop({ error, cause });
    return { stopDate: new Date(execution.end?.at ?? Date.now()) };
  },
);
