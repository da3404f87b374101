import { Refusal } from "../errors.ts";
import type { Caller } from "../model/organization.ts";
import { invalidInput } from "../model/parse.ts";
import { dayOf, type UsageView, usageView } from "../model/usage.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** Days from and to, both inclusive. */
export interface UsageSpan {
  readonly from: string;
  readonly to: string;
}

/** A year and a bit. */
const MOST_DAYS = 400;

/** The most lines of one export. 20,000 are about 2 MB; API Gateway carries 6. */
const MOST_LINES = 20_000;

/** The span asked for; the present month until today where nothing is. */
export function usageSpan(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  now: number,
): UsageSpan {
  const last = to ?? dayOf(now);
  const span = { from: from ?? `${last.slice(0, 7)}-01`, to: last };
  if (span.from > span.to) throw invalidInput([{ path: "from", message: `must not be after ${span.to}` }]);
  if (Date.parse(span.to) - Date.parse(span.from) > MOST_DAYS * 86_400_000)
    throw invalidInput([{ path: "from", message: `must be within ${MOST_DAYS} days before ${span.to}` }]);
  return span;
}

/** GET /v1/orgs/{org}/usage, by day and then network. What is gone since is in it. */
export async function readUsage(
  { store }: Dependencies,
  caller: Caller,
  { org, span }: { org: string; span: UsageSpan },
  { limit, after }: ListQuery,
): Promise<ListedPage<UsageView>> {
  const { id } = await findOrganization(store, caller, org);
  const list = { kind: "usage", index: "usage-of-organization", partition: id } as const;
  const { items, next } = await readPage(store, list, { limit, after: after ?? span.from });
  const within = items.filter(({ day }) => day <= span.to);
  return { items: within.map(usageView), ...(next !== undefined && within.length === items.length ? { next } : {}) };
}

/** All of it at once. */
export async function exportUsage(
  deps: Dependencies,
  caller: Caller,
  what: { org: string; span: UsageSpan },
): Promise<UsageView[]> {
  const rows: UsageView[] = [];
  for (let after: string | undefined; ; ) {
    const page = await readUsage(deps, caller, what, { limit: 1_000, after });
    rows.push(...page.items);
    if (rows.length > MOST_LINES)
      throw new Refusal("too-large", `An export has at most ${MOST_LINES} lines. Ask for fewer days at once.`);
    if (page.next === undefined) return rows;
    after = page.next;
  }
}
