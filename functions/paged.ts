import { Refusal } from "#core/errors.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import type { ListedPage, ListQuery } from "#core/operations/read-page.ts";
import type { Answer } from "./endpoint.ts";

/**
 * Answers one page of a list. The cursor is opaque and signed, and good for this list alone: `list` names it, and whatever
 * filters it has.
 */
export async function paged<T>(
  { secrets }: Pick<Dependencies, "secrets">,
  list: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  read: (page: ListQuery) => Promise<ListedPage<T>>,
): Promise<Answer> {
  const sign = (after: string) => secrets.mac(JSON.stringify([list, after]));
  const after = cursor === undefined ? undefined : opened(cursor, sign);
  const { next, ...page } = await read({ limit, after });
  return {
    body: {
      ...page,
      ...(next === undefined ? {} : { next: `${Buffer.from(next).toString("base64url")}.${sign(next)}` }),
    },
  };
}

function opened(cursor: string, sign: (after: string) => string): string {
  const [text = "", signature] = cursor.split(".");
  const after = Buffer.from(text, "base64url").toString();
  if (sign(after) === signature) return after;
  throw new Refusal("invalid-input", "cursor: is not one that this list gave; begin again without it", {
    errors: [{ path: "cursor", message: "is not one that this list gave; begin again without it" }],
  });
}
