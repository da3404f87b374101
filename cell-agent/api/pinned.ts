import { EpochOrder, PinnedKeys } from "#core/api/cell-agent.ts";
import { Refusal } from "#core/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { parse } from "./parse.ts";

/** PUT /v1/keys: who may sign from now on. The signing key must stay among them, so that nobody locks himself out. */
export const putKeys: Endpoint = async ({ pinned }, { json, kid }) => {
  const { signingKeys, issuers } = parse(PinnedKeys, json());
  const membership = pinned.membership();
  if (!membership) throw new Refusal("not-ready", "This cell has not joined yet.");
  if (!signingKeys.some((key) => key.kid === kid))
    throw new Refusal("invalid-input", "Sign this call with one of the keys that it names.", {
      errors: [{ path: "signingKeys", message: "must contain the key that signed this call" }],
    });
  await pinned.pin({ ...membership, signingKeys, issuers: issuers ?? membership.issuers });
  return { status: 200, body: { signingKeys: signingKeys.map((key) => key.kid) } };
};

/** PUT /v1/epoch: commands of an earlier epoch are refused from now on. */
export const putEpoch: Endpoint = async ({ pinned }, { json }) => {
  const { epoch } = parse(EpochOrder, json());
  if (epoch < pinned.epoch())
    throw new Refusal("stale-generation", `Epoch ${pinned.epoch()} has begun; it only ever rises.`, {
      extra: { highestSeen: { epoch: pinned.epoch(), generation: 0 } },
    });
  await pinned.raiseEpoch(epoch);
  return { status: 200, body: { epoch: pinned.epoch() } };
};
