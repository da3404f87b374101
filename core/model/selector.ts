import * as z from "zod";
import { Refusal } from "../errors.ts";

const valued = ["In", "NotIn"] as const;
const bare = ["Exists", "DoesNotExist"] as const;
const ordered = ["Gt", "Lt"] as const;

const Key = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    "must be a label key: 1 to 63 letters, digits, '-', '_' and '.'",
  );
const Value = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    "must be a label value: at most 63 letters, digits, '-', '_' and '.'",
  );

/** One condition on labels, with the meaning that Kubernetes gives it: `NotIn` holds where the key is missing. */
export const Requirement = z
  .strictObject({
    key: Key,
    operator: z.enum([...valued, ...bare, ...ordered]),
    values: z.array(Value).max(100).default([]),
  })
  .superRefine(({ operator, values }, context) => {
    const wrong =
      (valued.some((one) => one === operator) && values.length === 0 && "needs at least one value") ||
      (bare.some((one) => one === operator) && values.length > 0 && "takes no values") ||
      (ordered.some((one) => one === operator) &&
        !(values.length === 1 && isNumber(values[0] ?? "")) &&
        "needs one value that is a number");
    if (wrong) context.addIssue({ code: "custom", path: ["values"], message: `${operator} ${wrong}` });
  });
export type Requirement = z.infer<typeof Requirement>;

/** Which nodes: all requirements hold. `{}` matches every node. */
export const SelectorObject = z.strictObject({
  matchLabels: z.record(Key, Value).optional(),
  matchExpressions: z.array(Requirement).max(100).optional(),
});

/** As people write it: `env=prod,region in (eu,us),!canary`, or as an object. */
export const Selector = z
  .union([z.string().max(4_096), SelectorObject], 'must be a selector such as "env=prod" or { "matchLabels": {} }')
  .superRefine((selector, context) => {
    if (typeof selector !== "string") return;
    try {
      requirementsOf(selector);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : "is not a selector" });
    }
  });
export type Selector = z.infer<typeof Selector>;

/** True where all of them hold. */
export const matches = (requirements: readonly Requirement[], labels: Readonly<Record<string, string>>): boolean =>
  requirements.every((requirement) => holds(requirement, labels));

function holds({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Gt":
      return value !== undefined && isNumber(value) && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && isNumber(value) && Number(value) < Number(values[0]);
  }
}

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);

/** What a selector asks for, in one form. Refuses with `invalid-input` what is none. */
export function requirementsOf(selector: Selector): Requirement[] {
  if (typeof selector === "string") return partsOf(selector).map(requirementOf);
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const equal = Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In" as const, values: [value] }));
  return [...equal, ...matchExpressions];
}

/** Between commas that are outside of parentheses. */
function partsOf(text: string): string[] {
  if (text.trim() === "") return [];
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  if (parts.includes("")) throw notASelector(text, "there is nothing between two commas");
  return parts;
}

const shapes: readonly [RegExp, (key: string, value: string) => Requirement][] = [
  [/^(\S+)\s+in\s*\(([^()]*)\)$/, (key, list) => ({ key, operator: "In", values: listOf(list) })],
  [/^(\S+)\s+notin\s*\(([^()]*)\)$/, (key, list) => ({ key, operator: "NotIn", values: listOf(list) })],
  [/^!\s*([^\s=!<>()]+)$/, (key) => ({ key, operator: "DoesNotExist", values: [] })],
  [/^([^\s=!<>()]+)$/, (key) => ({ key, operator: "Exists", values: [] })],
  [/^([^\s=!<>()]+)\s*!=\s*([^\s=!<>()]*)$/, (key, value) => ({ key, operator: "NotIn", values: [value] })],
  [/^([^\s=!<>()]+)\s*==?\s*([^\s=!<>()]*)$/, (key, value) => ({ key, operator: "In", values: [value] })],
  [/^([^\s=!<>()]+)\s*>\s*([^\s=!<>()]+)$/, (key, value) => ({ key, operator: "Gt", values: [value] })],
  [/^([^\s=!<>()]+)\s*<\s*([^\s=!<>()]+)$/, (key, value) => ({ key, operator: "Lt", values: [value] })],
];

const listOf = (list: string): string[] => list.split(",").map((value) => value.trim());

function requirementOf(part: string): Requirement {
  for (const [shape, make] of shapes) {
    const [whole, key = "", value = ""] = shape.exec(part) ?? [];
    if (whole === undefined) continue;
    const parsed = Requirement.safeParse(make(key, value));
    if (parsed.success) return parsed.data;
    throw notASelector(part, parsed.error.issues[0]?.message ?? "");
  }
  throw notASelector(part, "write conditions such as env=prod, tier!=dev, region in (eu,us), gpu, !canary or cpus>4");
}

const notASelector = (text: string, why: string) => {
  const message = `is not a selector at "${text}": ${why}`;
  return new Refusal("invalid-input", message, { errors: [{ path: "selector", message }] });
};
