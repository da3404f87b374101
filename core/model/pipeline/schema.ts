import * as z from "zod";
import type { InputError } from "../../errors.ts";
import { canonicalJson } from "../canonical.ts";
import {
  documentFields,
  inputComponents,
  inputFields,
  outputComponents,
  outputFields,
  processorComponents,
  processorFields,
} from "./component-schemas.ts";
import type { PipelineDocument } from "./document.ts";

/** Named in the documentation and not built yet: said so, instead of "unknown". */
const later: Readonly<Record<string, readonly string[]>> = {
  input: ["exec", "http_server", "http_poll", "syslog", "socket", "nats", "host_metrics", "mqtt", "journald", "kafka"],
  processor: ["redact", "sample", "dedupe", "aggregate", "split", "throttle", "schema", "lookup"],
  output: ["nats", "s3", "drop", "fallback", "kafka", "mqtt"],
  field: ["buffer", "tests"],
};

/**
 * A step has exactly one component key, which picks the schema of what is under it. A union of schemas could only say
 * that nothing matched; this names the field.
 */
function step(what: "input" | "processor" | "output", components: Record<string, z.ZodType>, fields: z.ZodObject) {
  const known = Object.keys(components);
  return z.unknown().transform((value, ctx) => {
    const fail = (message: string, path: PropertyKey[] = []) => {
      ctx.addIssue({ code: "custom", message, path });
    };
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      fail(`must be a map with one of ${known.join(", ")}`);
      return z.NEVER;
    }
    const entries = Object.entries(value);
    const own = Object.keys(fields.shape);
    const chosen = entries.filter(([key]) => known.includes(key));
    for (const [key] of entries.filter(([key]) => !known.includes(key) && !own.includes(key)))
      fail(
        later[what]?.includes(key) || later.field?.includes(key)
          ? `\`${key}\` is not available yet`
          : `is not known; a ${what} is one of ${known.join(", ")} and may have ${own.join(", ")}`,
        [key],
      );
    const [first, second] = chosen;
    if (!first && entries.every(([key]) => own.includes(key))) fail(`needs one of ${known.join(", ")}`);
    if (first && second) fail(`has both \`${first[0]}\` and \`${second[0]}\`; make two ${what}s of it`);
    const parsed = fields.safeParse(Object.fromEntries(entries.filter(([key]) => own.includes(key))));
    for (const issue of parsed.error?.issues ?? []) fail(messageOf(issue), issue.path);
    for (const [key, content] of chosen)
      for (const issue of components[key]?.safeParse(content).error?.issues ?? [])
        for (const { path, message } of flatten(issue, [key])) fail(message, path);
    return value;
  });
}

const PipelineFields = z.strictObject({
  ...documentFields,
  inputs: z
    .array(step("input", inputComponents, inputFields))
    .min(1, "needs at least one input")
    .max(32),
  processors: z
    .array(step("processor", processorComponents, processorFields))
    .max(100)
    .optional(),
  outputs: z
    .array(step("output", outputComponents, outputFields))
    .min(1, "needs at least one output")
    .max(32),
});

/**
 * Checks a document, from JSON or YAML alike. What it answers is the document as written. CEL is checked apart, by
 * `checkExpressions` of adapters/cel.ts, because core holds no expression language.
 */
export function parsePipeline(
  value: unknown,
): { readonly document: PipelineDocument; readonly errors?: never } | { readonly errors: readonly InputError[] } {
  const parsed = PipelineFields.safeParse(value);
  if (!parsed.success)
    return {
      errors: parsed.error.issues
        .flatMap((issue) => flatten(issue, []))
        .map(({ path, message }) => ({ path: pathText(path), message })),
    };
  // Plain JSON from here on: the schema looked at every value, and what it keeps is written the same on every side.
  const document = parsed.data as unknown as PipelineDocument;
  const errors = relations(document);
  return errors.length > 0 ? { errors } : { document };
}

/** What the node gets, and what the SHA-256 of a revision is computed over. */
export const normalise = (document: PipelineDocument): string => canonicalJson(document);

/** What holds between fields. */
function relations(document: PipelineDocument): InputError[] {
  const errors: InputError[] = [];
  for (const list of ["inputs", "processors", "outputs"] as const) {
    const seen = new Set<string>();
    for (const [index, { id }] of (document[list] ?? []).entries()) {
      if (id !== undefined && seen.has(id))
        errors.push({ path: `${list}[${index}].id`, message: `\`${id}\` is taken by another of the ${list}` });
      if (id !== undefined) seen.add(id);
    }
  }
  if (document.outputs.every(({ when }) => when !== undefined) && document.unmatched === undefined)
    errors.push({
      path: "unmatched",
      message:
        "every output has a `when`: say what happens to the rest with `unmatched: drop` or `unmatched: deadLetter`",
    });
  const paths = new Set<string>();
  for (const [index, output] of document.outputs.entries()) {
    if ("batch" in output && !("http" in output))
      errors.push({ path: `outputs[${index}].batch`, message: "only an http output has a batch" });
    if (!("file" in output)) continue;
    if (paths.has(output.file.path))
      errors.push({ path: `outputs[${index}].file.path`, message: "another output writes this file" });
    paths.add(output.file.path);
  }
  return errors;
}

type Issue = z.core.$ZodIssue;

function flatten(issue: Issue, before: PropertyKey[]): { path: PropertyKey[]; message: string }[] {
  const path = [...before, ...issue.path];
  if (issue.code !== "unrecognized_keys") return [{ path, message: messageOf(issue) }];
  return issue.keys.map((key) => ({
    path: [...path, key],
    message: later.field?.includes(key) ? `\`${key}\` is not available yet` : "is not known",
  }));
}

const messageOf = (issue: Issue): string => (/received undefined$/.test(issue.message) ? "is missing" : issue.message);

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    "",
  );
