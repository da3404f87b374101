import { Refusal } from "../errors.ts";
import { USE_PERIOD_MS } from "../model/api-key.ts";
import { timestampOf } from "../model/time.ts";
import type { Dependencies } from "./dependencies.ts";

/** Keeps when a key was last used, coarsely. Of several that record it at once one does; it does not matter which. */
export async function recordKeyUse(
  { store, clock }: Pick<Dependencies, "store" | "clock">,
  key: string,
): Promise<void> {
  const now = clock.now();
  const known = await store.get("api-key-use", key);
  if (known && now - Date.parse(known.value.at) < USE_PERIOD_MS) return;
  const version = (await store.get("api-key", key))?.version;
  if (version === undefined) return;
  try {
    await store.commit([
      { write: "put", was: known?.version ?? 0, kind: "api-key-use", value: { key, at: timestampOf(now) } },
      // Nothing is kept of a key that is revoked at this moment.
      { write: "check", kind: "api-key", id: key, was: version },
    ]);
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== "conflict") throw error;
  }
}
