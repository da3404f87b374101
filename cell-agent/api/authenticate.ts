import { createHash } from "node:crypto";
import { CELL_CALL_SECONDS, CELL_CALL_TYP, CellCallClaims } from "#core/api/cell-agent.ts";
import { Refusal } from "#core/errors.ts";
import type { Clock, Verifier } from "#core/ports.ts";
import type { Membership } from "../membership.ts";

/** Verifiers allow this much difference between two clocks. */
const SKEW_SECONDS = 60;

/** A call whose signature is good; whether it is for this body is checked when the body is here. */
export interface SignedCall {
  /** The key that signed it. */
  readonly kid: string;
  /** Refuses unless the token is for exactly this body, and has not been used before. */
  accept(body: Uint8Array): void;
}

/** Checks the JWT of calls to a cell (trust.md): who, for whom, when, which method, path, query and body, and only once. */
export function callAuthentication(options: {
  clock: Pick<Clock, "now">;
  verifier: Verifier;
  membership: () => Membership | undefined;
}): (call: { method: string; target: string; authorization: string | undefined }) => Promise<SignedCall> {
  const { clock, verifier, membership } = options;
  const startedAt = Math.floor(clock.now() / 1_000);
  const used = usedTokens();

  return async ({ method, target, authorization }) => {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? "") ?? [];
    if (token === undefined) throw no("Sign the call: Authorization: Bearer and a token of type cell+jwt.");
    const pinned = membership();
    if (!pinned) throw no("This cell has not joined a control plane, so it knows no key to trust.");
    const now = clock.now();
    const { header, claims } = await verifier.verify(token, {
      typ: CELL_CALL_TYP,
      audience: pinned.cell,
      keys: pinned.signingKeys,
      now,
    });
    const parsed = CellCallClaims.safeParse(claims);
    if (!parsed.success) throw no("The token must have iss, iat, exp, jti, htm, htu and bh.");
    const { iat, exp, jti, htm, htu, bh } = parsed.data;
    if (exp - iat > CELL_CALL_SECONDS || iat > now / 1_000 + SKEW_SECONDS)
      throw no("The token lives too long: at most 5 minutes from now.");
    if (htm !== method || htu !== target)
      throw no("The token is for another call: htm and htu must be its method, and its path with query.");
    // Which tokens were used before the start is not known any more.
    if (iat < startedAt)
      throw new Refusal("not-ready", "The agent has just started and takes tokens made since then. Sign again.", {
        retryAfterSeconds: 1,
      });
    return {
      kid: typeof header.kid === "string" ? header.kid : "",
      accept(body) {
        if (createHash("sha256").update(body).digest("base64url") !== bh)
          throw no("The token is for another body: bh must be its SHA-256.");
        if (!used.first(jti, exp + SKEW_SECONDS, now / 1_000))
          throw no("The token was used already. Sign every call anew.");
      },
    };
  };
}

const no = (message: string) => new Refusal("unauthenticated", message);

/** Which tokens were used, for as long as they would still be valid. */
function usedTokens() {
  const until = new Map<string, number>();
  let nextSweep = 0;
  return {
    /** False where it was used before. */
    first(jti: string, expires: number, now: number): boolean {
      if (now >= nextSweep) {
        for (const [one, end] of until) if (end < now) until.delete(one);
        nextSweep = now + SKEW_SECONDS;
      }
      if (until.has(jti)) return false;
      until.set(jti, expires);
      return true;
    },
  };
}
