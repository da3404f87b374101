import type * as z from "zod";
import { type InputError, Refusal } from "../errors.ts";

/** Every field that is wrong, by its path. An unknown field is an error at its own path. */
export const inputErrorsOf = (error: z.ZodError): InputError[] =>
  error.issues.flatMap((issue): InputError[] => {
    const path = issue.path.map(String).join(".");
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({
      path: path ? `${path}.${key}` : key,
      message: "is not a known field; remove it",
    }));
  });

/** The refusal that names every wrong field, in the sentence and as `errors`. */
export const invalidInput = (errors: readonly InputError[]): Refusal =>
  new Refusal("invalid-input", errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; "), {
    errors,
  });

/** Parses, or refuses with every field that is wrong. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(inputErrorsOf(parsed.error));
}
