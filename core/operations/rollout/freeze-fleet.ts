import { Refusal } from "../../errors.ts";
import { FreezeId } from "../../model/ids.ts";
import type { Caller } from "../../model/organization.ts";
import { invalidInput } from "../../model/parse.ts";
import type { Freeze, FreezeSpec } from "../../model/rollout/freeze.ts";
import { timestampOf } from "../../model/time.ts";
import { auditOf } from "../accept-change.ts";
import { requirePlatform } from "../authenticate.ts";
import type { Dependencies } from "../dependencies.ts";
import { type ListedPage, type ListQuery, readPage } from "../read-page.ts";

/** POST /v1/freezes: from its beginning on no rollout starts anything in its scope. */
export async function createFreeze(deps: Dependencies, caller: Caller, spec: FreezeSpec): Promise<Freeze> {
  requirePlatform(caller);
  const now = timestampOf(deps.clock.now());
  if (spec.until <= now) throw invalidInput([{ path: "until", message: `is over already: it is ${now}` }]);
  const freeze: Freeze = { ...spec, id: deps.ids.next("frz"), actor: caller.actor, createdAt: now };
  await deps.store.commit([
    { write: "put", was: 0, kind: "freeze", value: freeze },
    auditOf(deps, caller, { action: "freeze.create", subject: freeze.id, before: null, after: freeze }),
  ]);
  return freeze;
}

/** GET /v1/freezes, newest first, also those that are over. */
export const listFreezes = ({ store }: Pick<Dependencies, "store">, query: ListQuery): Promise<ListedPage<Freeze>> =>
  readPage(store, { kind: "freeze", index: "freezes", partition: "all", descending: true }, query);

/** DELETE /v1/freezes/{frz}. One that is gone already stays gone. */
export async function deleteFreeze(deps: Dependencies, caller: Caller, id: string): Promise<void> {
  requirePlatform(caller);
  if (!FreezeId.safeParse(id).success) throw new Refusal("not-found", `There is no freeze ${id}.`);
  const found = await deps.store.get("freeze", id);
  if (!found) return;
  await deps.store.commit([
    { write: "remove", kind: "freeze", id, was: found.version },
    auditOf(deps, caller, { action: "freeze.delete", subject: id, before: found.value, after: null }),
  ]);
}
