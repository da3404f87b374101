import { Refusal } from "../errors.ts";
import { OperationId } from "../model/ids.ts";
import { hasEnded, type Operation } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import type { Store, Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";

/** How often a waiting request looks: often at first, where a short operation would end, then less. */
const FIRST_LOOK_MS = 25;
const SLOWEST_LOOK_MS = 250;

/** An operation of the caller's organization. Anybody else's does not exist for them. */
export async function findOperation(store: Store, caller: Caller, id: string): Promise<Versioned<Operation>> {
  const found = OperationId.safeParse(id).success ? await store.get("operation", id) : undefined;
  if (!found || (found.value.org !== caller.org && !caller.platform))
    throw new Refusal("not-found", `There is no operation ${id}.`);
  return found;
}

/** GET /v1/operations/{op}: at once, or after at most `waitMs` when it has not ended before. */
export async function readOperation(
  { store, clock }: Dependencies,
  caller: Caller,
  { id, waitMs }: { id: string; waitMs: number },
): Promise<Operation> {
  const until = clock.now() + waitMs;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.3, SLOWEST_LOOK_MS)) {
    const { value } = await findOperation(store, caller, id);
    const left = until - clock.now();
    if (hasEnded(value) || left <= 0) return value;
    await clock.sleep(Math.min(pause, left));
  }
}
