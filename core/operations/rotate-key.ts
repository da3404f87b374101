import { apiKeyView, expectMayHandle, type RotationSpec, rotate, withKey } from "../model/api-key.ts";
import type { Caller } from "../model/organization.ts";
import { auditOf } from "./accept-change.ts";
import { type IssuedKey, issuedOnce, newSecret } from "./create-key.ts";
import type { Dependencies } from "./dependencies.ts";
import { idempotently } from "./idempotently.ts";
import { tellNetworks } from "./keys-of-network.ts";
import { findKey } from "./read-keys.ts";

/**
 * POST /v1/orgs/{org}/keys/{key}/rotate: a new key that is for the same, while the old one goes on for the overlap. The quota counts
 * both as one: nothing that was replaced can be rotated again.
 */
export async function rotateKey(
  deps: Dependencies,
  caller: Caller,
  { id, rotation, idempotencyKey }: { id: string; rotation: RotationSpec; idempotencyKey: string | undefined },
): Promise<IssuedKey> {
  const { store, clock } = deps;
  const repeatable = { key: idempotencyKey, request: { rotate: "key", id, rotation } };
  return issuedOnce((issued) =>
    idempotently<{ key: string }>(deps, caller, repeatable, async (remember) => {
      const { value: before, version } = await findKey(store, caller, id);
      expectMayHandle(caller, before);
      const { secret, ...made } = newSecret(deps);
      const { old, next } = rotate(before, rotation, { ...made, createdBy: caller.actor }, clock.now());
      await store.commit([
        { write: "put", was: version, kind: "api-key", value: old },
        { write: "put", was: 0, kind: "api-key", value: next },
        ...(await tellNetworks(deps, caller, next.networks ?? [], {
          change: (kept) => withKey(kept, next.id),
          message: `${caller.actor} rotated the key ${next.name}: ${next.id} takes over from ${old.id}.`,
        })),
        auditOf(deps, caller, {
          action: "key.rotate",
          subject: old.id,
          before: apiKeyView(before, undefined),
          after: { old: apiKeyView(old, undefined), next: apiKeyView(next, undefined) },
        }),
        ...remember({ key: next.id }),
      ]);
      issued({ key: apiKeyView(next, undefined), secret });
      return { key: next.id };
    }),
  );
}
