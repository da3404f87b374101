import type * as z from "zod";
import { type InputError, Refusal } from "../errors.ts";

/** Parses what came over HTTP, or says every field that is wrong. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(parsed.error.issues.flatMap(inputErrorsOf));
}

export const invalidInput = (errors: readonly InputError[]): Refusal =>
  new Refusal("invalid-input", errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; "), {
    errors,
  });

function inputErrorsOf(issue: z.core.$ZodIssue): InputError[] {
  const path = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: "is not a known field; remove it" }));
}
