import { Refusal } from "../errors.ts";
import { type ApiKey, type ApiKeySpec, type ApiKeyView, apiKeyView, expectMayMake, withKey } from "../model/api-key.ts";
import type { Caller } from "../model/organization.ts";
import { timestampOf } from "../model/time.ts";
import { auditOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";
import { findOrganization } from "./find-organization.ts";
import { idempotently } from "./idempotently.ts";
import { expectNetworks, tellNetworks } from "./keys-of-network.ts";
import { takeOfQuota } from "./quota.ts";
import { repeatOnConflict } from "./repeat.ts";

/** A new key, and its secret: shown this once. */
export interface IssuedKey {
  readonly key: ApiKeyView;
  readonly secret: string;
}

/** POST /v1/orgs/{org}/keys: never above the role of who makes it. Networks that it is for are told in the same write. */
export async function createKey(
  deps: Dependencies,
  caller: Caller,
  { org, spec, idempotencyKey }: { org: string; spec: ApiKeySpec; idempotencyKey: string | undefined },
): Promise<IssuedKey> {
  const { store, clock } = deps;
  const organization = await findOrganization(store, caller, org);
  expectMayMake(caller, spec, clock.now());
  const repeatable = { key: idempotencyKey, request: { create: "key", org: organization.id, spec } };

  return issuedOnce((issued) =>
    idempotently<{ key: string }>(deps, caller, repeatable, async (remember) => {
      const networks = [...new Set(spec.networks)];
      await expectNetworks(store, caller, networks);
      const { id, secret, sha256 } = newSecret(deps);
      const key: ApiKey = {
        ...spec,
        ...(spec.networks ? { networks } : {}),
        id,
        sha256,
        org: organization.id,
        platform: false,
        createdAt: timestampOf(clock.now()),
        createdBy: caller.actor,
      };
      const view = apiKeyView(key, undefined);
      await store.commit([
        { write: "put", was: 0, kind: "api-key", value: key },
        await takeOfQuota(store, organization.id, "keys"),
        ...(await tellNetworks(deps, caller, networks, {
          change: (kept) => withKey(kept, id),
          message: `${caller.actor} made the key ${key.name} (${id}) for it.`,
        })),
        auditOf(deps, caller, { action: "key.create", subject: id, before: null, after: view }),
        ...remember({ key: id }),
      ]);
      issued({ key: view, secret });
      return { key: id };
    }),
  );
}

/** A key's id, the text that its owner gets, and what is kept of that. */
export function newSecret({ secrets }: Pick<Dependencies, "secrets">) {
  const id = `cpk_${secrets.sha256(secrets.random()).slice(0, 12)}`;
  const secret = `${id}_${secrets.random()}`;
  return { id, secret, sha256: secrets.sha256(secret) };
}

/** Answers with a secret where this very request made it; a repeat under the same idempotency key cannot be shown it again. */
export async function issuedOnce(
  act: (issued: (key: IssuedKey) => void) => Promise<{ key: string }>,
): Promise<IssuedKey> {
  return repeatOnConflict(async () => {
    let made: IssuedKey | undefined;
    const { key } = await act((issued) => {
      made = issued;
    });
    if (!made)
      throw new Refusal(
        "secret-already-shown",
        `The key was made as ${key} and its secret was shown then. Revoke it and make another.`,
      );
    return made;
  });
}
