import type * as z from "zod";
import type { LocalWorkflows } from "#adapters/local-workflows.ts";
import { AwsError } from "./aws-error.ts";

/** One operation of the API: takes the request's JSON, answers a value whose dates become seconds. */
export type Operation = (workflows: LocalWorkflows, body: unknown) => Promise<object>;

/** Checks what an operation is given before it acts. What AWS knows and we do not is ignored, as AWS ignores it. */
export const operation =
  <Schema extends z.ZodType>(
    schema: Schema,
    act: (workflows: LocalWorkflows, input: z.infer<Schema>) => object | Promise<object>,
  ): Operation =>
  async (workflows, body) => {
    const { success, data, error } = schema.safeParse(body);
    if (success) return act(workflows, data);
    const wrong = error.issues.map(({ path, message }) => `'${path.join(".")}': ${message}`);
    throw new AwsError(
      "ValidationException",
      `${wrong.length} validation error${wrong.length === 1 ? "" : "s"} detected: ${wrong.join("; ")}`,
    );
  };
