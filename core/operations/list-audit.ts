import type { AuditEvent, AuditFilter } from "../model/audit.ts";
import { isWantedEvent } from "../model/audit.ts";
import { firstIdAt } from "../model/id-time.ts";
import type { Caller } from "../model/organization.ts";
import type { Dependencies } from "./dependencies.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** How many events one request looks at for a filter that no index serves; a page may come back short, with a `next`. */
const MOST_LOOKED_AT = 1_000;

/**
 * GET /v1/orgs/{org}/audit, newest first. The time is served by the index, the rest by looking. Asks for no record of the
 * organization, so that an operator of the platform can read what became of one that is gone, by its id.
 */
export async function listAudit(
  { store }: Pick<Dependencies, "store">,
  caller: Caller,
  { limit, after, filter }: ListQuery & { readonly filter: AuditFilter },
): Promise<ListedPage<AuditEvent> & { readonly lookedAt: number }> {
  const { since, until } = filter;
  const first = since === undefined ? "" : firstIdAt("aud", Date.parse(since));
  const items: AuditEvent[] = [];
  let lookedAt = 0;
  let from = after ?? (until === undefined ? undefined : firstIdAt("aud", Date.parse(until) + 1));
  for (;;) {
    const page = await readPage(
      store,
      { kind: "audit", index: "audit-of-organization", partition: caller.org, descending: true },
      { limit: limit + 1, after: from },
    );
    for (const event of page.items) {
      if (event.id < first) return { items, lookedAt };
      if (items.length === limit || lookedAt === MOST_LOOKED_AT)
        return { items, lookedAt, ...(from === undefined ? {} : { next: from }) };
      lookedAt += 1;
      from = event.id;
      if (isWantedEvent(filter, event)) items.push(event);
    }
    if (page.next === undefined) return { items, lookedAt };
    from = page.next;
  }
}
