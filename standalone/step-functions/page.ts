import * as z from "zod";
import { AwsError } from "./aws-error.ts";

/** What every list takes. 0 stands for the usual number. */
export const PageInput = { maxResults: z.int().min(0).max(1_000).optional(), nextToken: z.string().min(1).optional() };

const USUAL = 100;

/** One page of `all`, after the item whose number the token holds. Numbers only grow or only fall along the list. */
export function pageOf<Item>(
  all: readonly Item[],
  { maxResults, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
  numberOf: (item: Item) => number,
): { items: Item[]; nextToken: string | undefined } {
  const rest = nextToken === undefined ? all : afterToken(all, nextToken, numberOf);
  const items = rest.slice(0, maxResults || USUAL);
  const last = items.at(-1);
  const more = last !== undefined && items.length < rest.length;
  return { items, nextToken: more ? Buffer.from(String(numberOf(last))).toString("base64url") : undefined };
}

/** Also when the item itself is forgotten by now. */
function afterToken<Item>(all: readonly Item[], token: string, numberOf: (item: Item) => number): readonly Item[] {
  const text = Buffer.from(token, "base64url").toString();
  if (!/^\d{1,15}$/.test(text)) throw new AwsError("InvalidToken", `Invalid Token: '${token}'`);
  const [first, last] = [all.at(0), all.at(-1)];
  if (first === undefined || last === undefined) return [];
  const falling = numberOf(first) > numberOf(last);
  return all.filter((item) => (falling ? numberOf(item) < Number(text) : numberOf(item) > Number(text)));
}
