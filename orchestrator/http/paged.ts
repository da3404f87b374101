import { invalidInput } from "#core/model/parse.ts";
import type { Secrets } from "#core/ports.ts";

interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * One page of what is in memory, in the order of `keyOf`. The cursor is opaque, signed, and good for this list alone: `list`
 * names it with whatever filters it has.
 */
export function paged<T>(
  { secrets }: { readonly secrets: Secrets },
  list: string,
  { limit, cursor }: Page,
  { all, keyOf }: { all: readonly T[]; keyOf: (item: T) => string },
): { items: T[]; next?: string } {
  const sign = (after: string) => secrets.mac(JSON.stringify([list, after]));
  const after = cursor === undefined ? undefined : opened(cursor, sign);
  const rest = all
    .map((item) => [keyOf(item), item] as const)
    .filter(([key]) => after === undefined || key > after)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1)?.[0];
  return {
    items: page.map(([, item]) => item),
    ...(rest.length > limit && last !== undefined
      ? { next: `${Buffer.from(last).toString("base64url")}.${sign(last)}` }
      : {}),
  };
}

function opened(cursor: string, sign: (after: string) => string): string {
  const [text = "", signature] = cursor.split(".");
  const after = Buffer.from(text, "base64url").toString();
  if (sign(after) === signature) return after;
  throw invalidInput([{ path: "cursor", message: "is not one that this list gave; begin again without it" }]);
}
