import { Refusal } from "../errors.ts";
import { canonicalJson } from "../model/canonical.ts";
import { IDEMPOTENCY_MS } from "../model/idempotency.ts";
import type { Caller } from "../model/organization.ts";
import { timestampOf } from "../model/time.ts";
import type { Change } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";

/** A request that may be repeated: the caller's key, and what makes it the same request. */
export interface Repeatable {
  readonly key: string | undefined;
  readonly request: unknown;
}

/**
 * Acts once per idempotency key. `act` is given the writes that remember the answer, and must commit them together with its
 * own. The same key with another request is refused; a repeat within 24 h gets the first answer.
 */
export async function idempotently<T>(
  { store, clock, secrets }: Dependencies,
  caller: Pick<Caller, "actor"> & { readonly org: string },
  { key, request }: Repeatable,
  act: (remember: (answer: T) => Change[]) => Promise<T>,
): Promise<T> {
  if (key === undefined) return act(() => []);
  const id = `${caller.org}/${caller.actor}/${key}`;
  const digest = secrets.sha256(canonicalJson(request));

  const known = await store.get("idempotency", id);
  const live = known && Date.parse(known.value.expiresAt) > clock.now() ? known.value : undefined;
  if (live) {
    if (live.request === digest) return live.answer as T;
    throw new Refusal(
      "idempotency-key-reused",
      "This Idempotency-Key was used for another request. Use a new key for a new request.",
    );
  }
  return act((answer) => [
    {
      write: "put",
      was: known?.version ?? 0,
      kind: "idempotency",
      value: { id, request: digest, answer, expiresAt: timestampOf(clock.now() + IDEMPOTENCY_MS) },
    },
  ]);
}
