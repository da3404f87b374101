import type { InputError } from "#core/errors.ts";
import { isLiteralPath, type MapStep, type PipelineDocument } from "#core/model/pipeline/document.ts";
import { refusalOf } from "./cel/bounds.ts";
import { environment } from "./cel/environment.ts";
import { plain } from "./cel/plain.ts";

/** What an expression can read: the event, where it came from, and the node it runs on. */
export interface Scope {
  readonly e: unknown;
  readonly meta: { readonly input: string; readonly path: string; readonly offset: number; readonly time: Date };
  readonly node: { readonly id: string; readonly labels: Readonly<Record<string, string>> };
}

/** An expression failed on one event, or cannot be compiled; the message is for the pipeline's author. */
export class ExpressionError extends Error {}

type Evaluate = (scope: Scope) => unknown;

/** Compiles and bounds an expression whose result may be of the given types. */
function compile(source: string, types: readonly string[], wanted: string): Evaluate {
  const wrong = (message: string) => new ExpressionError(message);
  let parsed: ReturnType<typeof environment.parse>;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    throw wrong(`${summaryOf(error)} in \`${source}\``);
  }
  const refusal = refusalOf(parsed.ast);
  if (refusal) throw wrong(refusal);
  const { valid, type = "dyn", error } = parsed.check();
  if (!valid) throw wrong(`${summaryOf(error)} in \`${source}\``);
  if (types.length > 0 && type !== "dyn" && !types.includes(type))
    throw wrong(`must give ${wanted}, but \`${source}\` gives ${type}`);
  return (scope) => {
    try {
      return parsed(scope);
    } catch (error) {
      throw wrong(`${summaryOf(error)} in \`${source}\``);
    }
  };
}

/** True or false; any other result is an error of that event, as a missing key is. */
export function compileFilter(source: string): (scope: Scope) => boolean {
  const evaluate = compile(source, ["bool"], "true or false");
  return (scope) => {
    const result = evaluate(scope);
    if (typeof result === "boolean") return result;
    throw new ExpressionError(`\`${source}\` gave neither true nor false`);
  };
}

/** A text, such as the path of a file. */
export function compileText(source: string): (scope: Scope) => string {
  const evaluate = compile(source, ["string"], "a text");
  return (scope) => {
    const result = evaluate(scope);
    if (typeof result === "string") return result;
    throw new ExpressionError(`\`${source}\` gave no text`);
  };
}

type Fields = Record<string, unknown>;

/**
 * A map reads the event as it was before the step, whatever the order of its fields. An absent optional sets nothing.
 * What it computes is plain JSON of at most `eventBytes`, refused before it is encoded.
 */
export function compileMap(step: MapStep, eventBytes: number): (scope: Scope) => Fields {
  const computed = Object.entries(step.only ?? step.set ?? {}).map(([name, source]) => ({
    name: fieldName(name),
    evaluate: compile(source, [], "a value"),
  }));
  const { keep, drop } = step;
  const dropped = drop && new Set(drop);
  const kept = keep?.map(fieldName);
  return (scope) => {
    const { e } = scope;
    if (!step.only && !isFields(e)) throw new ExpressionError("the event is not a map: use `only`");
    const event = (isFields(e) ? e : {}) as Fields;
    const result: Fields = {};
    const budget = { left: eventBytes };
    if (kept) {
      for (const name of kept) if (Object.hasOwn(event, name)) result[name] = event[name];
    } else if (!step.only) {
      for (const name in event)
        if (name === "__proto__") ownProperty(result, name, event[name]);
        else if (!dropped?.has(name)) result[name] = event[name];
    }
    for (const { name, evaluate } of computed) {
      const value = plain(evaluate(scope), budget);
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

/** Every expression of a document that would not compile, by the path of its field. */
export function checkExpressions(document: PipelineDocument): InputError[] {
  const errors: InputError[] = [];
  const check = (path: string, compileIt: () => unknown) => {
    try {
      compileIt();
    } catch (error) {
      errors.push({ path, message: error instanceof Error ? error.message : "is not valid" });
    }
  };
  for (const [index, step] of (document.processors ?? []).entries()) {
    if ("filter" in step) check(`processors[${index}].filter`, () => compileFilter(step.filter));
    if (!("map" in step)) continue;
    for (const part of ["set", "only"] as const)
      for (const [name, source] of Object.entries(step.map[part] ?? {}))
        check(`processors[${index}].map.${part}.${name}`, () => compileMap({ [part]: { [name]: source } }, 1));
  }
  for (const [index, output] of document.outputs.entries()) {
    const { when } = output;
    if (when !== undefined) check(`outputs[${index}].when`, () => compileFilter(when));
    if ("file" in output && !isLiteralPath(output.file.path))
      check(`outputs[${index}].file.path`, () => compileText(output.file.path));
  }
  return errors;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON may bring `__proto__` as an ordinary key; assigning it would change the object's nature instead. */
const ownProperty = (target: Fields, name: string, value: unknown) =>
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });

function fieldName(name: string): string {
  if (name === "__proto__") throw new ExpressionError("`__proto__` cannot be a field's name");
  return name;
}

function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return "it fails";
  return "summary" in error && typeof error.summary === "string"
    ? error.summary
    : (error.message.split("\n")[0] ?? "it fails");
}
