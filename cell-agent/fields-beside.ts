const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The paths of fields that `held` has and `ordered` does not name, at any depth; lists count as one value. */
export const fieldsBeside = (held: object, ordered: object): string[] =>
  Object.entries(held).flatMap(([member, value]) => {
    const wanted = (ordered as Readonly<Record<string, unknown>>)[member];
    if (value === undefined) return [];
    if (wanted === undefined) return [member];
    return isFields(value) && isFields(wanted) ? fieldsBeside(value, wanted).map((path) => `${member}.${path}`) : [];
  });
