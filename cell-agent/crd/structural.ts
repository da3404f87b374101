import * as z from "zod";

/** A schema as Kubernetes takes it: structural, with its own extensions. */
export interface StructuralSchema {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
}

type Json = Readonly<Record<string, unknown>>;

/** What a structural schema must not say, or says by other means. */
const dropped = new Set(["additionalProperties", "propertyNames", "$schema", "id"]);

/**
 * The schema of what is written, before defaults, as a structural schema. Unknown fields are dropped by the API server itself, so
 * nothing forbids them; a member of any shape is kept as it is written.
 */
export const structuralSchema = (schema: z.ZodType): StructuralSchema =>
  structural(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "any" }) as Json);

function structural(node: Json): StructuralSchema {
  const entries = Object.entries(node).filter(([keyword]) => !dropped.has(keyword));
  const made: Record<string, unknown> = {};
  for (const [keyword, value] of entries) {
    if (keyword === "properties") made.properties = mapValues(value as Record<string, Json>, structural);
    else if (keyword === "items") made.items = structural(value as Json);
    else made[keyword] = value;
  }
  if (node.type === "integer") return integer(made);
  // What is a time is said by its format: the pattern of the same is a page long.
  if (node.format === "date-time") delete made.pattern;
  const { additionalProperties } = node;
  if (node.type === "object" && node.properties === undefined && typeof additionalProperties === "object") {
    if (Object.keys(additionalProperties ?? {}).length === 0) made["x-kubernetes-preserve-unknown-fields"] = true;
    else made.additionalProperties = structural(additionalProperties as Json);
  }
  return made;
}

/** Whole numbers of 64 bits; the limits of JavaScript are none that anybody meets. */
function integer({ minimum, maximum, exclusiveMinimum, ...rest }: Record<string, unknown>): StructuralSchema {
  const least = typeof minimum === "number" && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  return {
    ...rest,
    format: "int64",
    ...(least === undefined ? {} : { minimum: exclusiveMinimum === true ? least + 1 : least }),
    ...(most === undefined ? {} : { maximum: most }),
  };
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

/** The schema with `extra` keywords at a path: members by name, `[]` for the items of a list. */
export function annotated(schema: StructuralSchema, path: readonly string[], extra: Json): StructuralSchema {
  const [member, ...rest] = path;
  if (member === undefined) return { ...schema, ...extra };
  if (member === "[]" && schema.items) return { ...schema, items: annotated(schema.items, rest, extra) };
  const inner = schema.properties?.[member];
  if (!inner)
    throw new Error(`The schema has no ${member}; it has ${Object.keys(schema.properties ?? {}).join(", ")}.`);
  return { ...schema, properties: { ...schema.properties, [member]: annotated(inner, rest, extra) } };
}
