import type { JoinRequest, JoinResponse } from "../api/join.ts";
import { Refusal } from "../errors.ts";
import { canonicalJson } from "../model/canonical.ts";
import type { Cell } from "../model/cell.ts";
import { timestampOf } from "../model/time.ts";
import type { Change, Versioned } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { readEpoch } from "./read-epoch.ts";
import { joinTokenClaim } from "./register-cell.ts";
import { repeatOnConflict } from "./repeat.ts";

/** How far the agent's clock may be off. */
const SKEW_MS = 5 * 60_000;

/**
 * POST /v1/join: a cell's agent proves its identity and says where it is. The token is bound to the first identity that uses it;
 * a repeat, and any later call with the same identity, needs no token and brings the new address and CA.
 */
export async function joinCell(deps: Dependencies, request: JoinRequest): Promise<JoinResponse> {
  const { store, clock, verifier, cellCalls, networkTokens, issuer } = deps;
  const { sig, ...signed } = request;
  if (Math.abs(clock.now() - request.ts) > SKEW_MS)
    throw new Refusal(
      "unauthenticated",
      `The agent's clock is off: it says ${timestampOf(request.ts)}, here it is ${timestampOf(clock.now())}.`,
    );
  if (!(await verifier.verifyText(canonicalJson(signed), sig, request.identity)))
    throw new Refusal("unauthenticated", "The signature does not fit the identity.");

  const cell = await repeatOnConflict(async () => {
    const found = await whoJoins(deps, request);
    await store.commit(await admission(deps, found, request));
    return found.value;
  });
  return {
    cell: cell.id,
    signingKeys: await cellCalls.publicKeys(),
    epoch: await readEpoch(store),
    issuers: [{ issuer, jwks: { keys: await networkTokens.publicKeys() } }],
  };
}

async function whoJoins(
  { store, clock, secrets }: Dependencies,
  { token, identity }: JoinRequest,
): Promise<Versioned<Cell>> {
  const known = await store.get("claim", identityClaim(identity.kid));
  const byToken = token === undefined ? undefined : await store.get("claim", joinTokenClaim(secrets.sha256(token)));
  const id = known?.value.owner ?? byToken?.value.owner;
  const found = id === undefined ? undefined : await store.get("cell", id);
  if (!found)
    throw new Refusal(
      "unauthenticated",
      "The join token is not known, and neither is this identity. Register the cell (POST /v1/cells) and use the token it gives.",
    );
  if (known) return found;
  const { join } = found.value;
  if (join.usedBy !== null && join.usedBy !== identity.kid)
    throw new Refusal(
      "unauthenticated",
      "The join token was used by another agent. Register the cell anew for another token.",
    );
  if (clock.now() > Date.parse(join.expiresAt))
    throw new Refusal(
      "unauthenticated",
      `The join token expired at ${join.expiresAt}. Register the cell anew for another token.`,
    );
  return found;
}

async function admission(
  { store, clock }: Dependencies,
  { value: cell, version }: Versioned<Cell>,
  request: JoinRequest,
): Promise<Change[]> {
  const { identity, publicUrl, domain, caPem, natsCaPem, agent, capacity, existing } = request;
  const now = timestampOf(clock.now());
  const claim = await store.get("claim", identityClaim(identity.kid));
  const report = await store.get("cell-report", cell.id);
  const held = report?.value.held;
  const joined: Cell = {
    ...cell,
    membership: {
      identity,
      publicUrl,
      domain,
      caPem,
      ...(natsCaPem ? { natsCaPem } : {}),
      joinedAt: cell.membership?.joinedAt ?? now,
    },
    join: { ...cell.join, usedBy: identity.kid },
  };
  return [
    { write: "put", was: version, kind: "cell", value: joined },
    ...(claim
      ? []
      : [{ write: "put", was: 0, kind: "claim", value: { id: identityClaim(identity.kid), owner: cell.id } } as const]),
    {
      write: "put",
      was: report?.version ?? 0,
      kind: "cell-report",
      value: {
        ...{ cell: cell.id, at: now, agent, capacity, networks: existing.length, cursor: null },
        ...(held === undefined ? {} : { held }),
      },
    },
  ];
}

/** Holds an agent's identity for its cell. */
export const identityClaim = (thumbprint: string): string => `cell-identity/${thumbprint}`;
