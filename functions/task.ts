import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { Dependencies } from "#core/operations/dependencies.ts";

/** A Lambda function that is one step of a workflow. */
export type Task<Input, Output> = (deps: Dependencies) => (input: Input, context: Context) => Promise<Output>;

/** Makes a step's Lambda function of the operation of the same name. What it throws is what Step Functions matches on. */
export const task =
  <Input, Output>(operation: (deps: Dependencies, input: Input) => Promise<Output>): Task<Input, Output> =>
  (deps) =>
    middy<Input, Output>().handler((input: Input) => operation(deps, input));
