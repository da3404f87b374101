import type * as z from "zod";
import { Refusal } from "#core/errors.ts";

/** The value as the schema reads it, or a refusal that names every field that is wrong. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  throw new Refusal("invalid-input", "Some of it is not valid; see errors.", { errors });
}
