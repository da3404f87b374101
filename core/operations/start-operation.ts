import type { Operation } from "../model/operation.ts";
import type { StepInput } from "./begin-step.ts";
import type { Dependencies } from "./dependencies.ts";

/** Starts the execution for an operation's present attempt; one that was started before is left alone. */
export async function startOperation(
  { workflows }: Pick<Dependencies, "workflows">,
  { id, attempt }: Operation,
): Promise<void> {
  const input: StepInput = { schemaVersion: 1, operation: id, attempt };
  await workflows.start("converge-network", `${id}-${attempt}`, input);
}
