/** What may still be computed for one event, in bytes of its encoded form at least. */
export interface Budget {
  left: number;
}

const tooLarge = () => new Error("the result is larger than eventBytes");

/**
 * A CEL value as plain JSON: whole numbers become numbers where they are exact and keep all digits where not; times are
 * RFC 3339, durations `1.5s`, bytes base64. Walks only as far as the budget goes, so a list that names a large event a
 * thousand times is refused before anything of that size exists. An absent optional is `undefined`.
 */
export function plain(value: unknown, budget: Budget): unknown {
  if (budget.left < 0) throw tooLarge();
  switch (typeof value) {
    case "string":
      spend(budget, value.length + 2);
      return value;
    case "bigint":
      spend(budget, 1);
      return exact(value);
    case "number":
      spend(budget, 1);
      if (!Number.isFinite(value)) throw new Error("the result is not a finite number");
      return value;
    case "object":
      return value === null ? null : plainObject(value, budget);
    default:
      spend(budget, 4);
      return value;
  }
}

const exact = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

function plainObject(value: object, budget: Budget): unknown {
  spend(budget, 2);
  if (Array.isArray(value)) return value.map((item) => plain(item, budget) ?? null);
  if (value instanceof Map)
    return fieldsOf(
      [...value].map(([key, item]) => [String(key), item]),
      budget,
    );
  if (value instanceof Set) return [...value].map((item) => plain(item, budget) ?? null);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) {
    spend(budget, value.length);
    return Buffer.from(value).toString("base64");
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return fieldsOf(Object.entries(value), budget);
  if ("hasValue" in value && typeof value.hasValue === "function" && "value" in value)
    return value.hasValue() ? plain((value.value as () => unknown)(), budget) : undefined;
  if ("seconds" in value && "nanos" in value) return `${Number(value.seconds) + Number(value.nanos) / 1e9}s`;
  if ("value" in value && typeof value.value !== "function") return plain(value.value, budget);
  return String(value);
}

function fieldsOf(entries: [string, unknown][], budget: Budget): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    spend(budget, key.length + 3);
    const field = plain(item, budget);
    if (field === undefined) continue;
    if (key === "__proto__")
      Object.defineProperty(result, key, { value: field, enumerable: true, writable: true, configurable: true });
    else result[key] = field;
  }
  return result;
}

function spend(budget: Budget, bytes: number): void {
  budget.left -= bytes;
  if (budget.left < 0) throw tooLarge();
}
