import { sendRequest } from "#adapters/request.ts";
import { JoinResponse } from "#core/api/join.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import type { NetworkId } from "#core/model/ids.ts";
import type { Fence } from "#core/model/instance.ts";
import type { Chance, Clock, Log } from "#core/ports.ts";
import { AGENT_VERSION } from "./cell.ts";
import type { Identity } from "./keys/cell-keys.ts";
import type { Pinned } from "./membership.ts";

/** What the agent says of itself when it joins. */
export interface Joining {
  readonly controlPlane: URL;
  /** Read at every try: the token may come later than the agent, and is not needed twice. */
  readonly token: () => string | undefined;
  readonly identity: Identity;
  readonly publicUrl: string;
  readonly domain: string;
  readonly caPem: string;
  readonly natsCaPem: string;
  readonly room: () => number | null;
  readonly existing: () => Promise<readonly (Fence & { id: NetworkId })[]>;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 15_000;
const ANSWER_MS = 10_000;

/**
 * Joins the control plane, or says where it is now; tries for ever, since the cell serves meanwhile with what it has pinned (R8).
 * Resolves when it was accepted, or when `signal` aborts.
 */
export async function join(
  joining: Joining,
  world: { pinned: Pinned; clock: Clock; chance: Chance; log: Log; signal: AbortSignal },
): Promise<void> {
  const { pinned, clock, chance, log, signal } = world;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const { cell, signingKeys, issuers, epoch } = await askToJoin(joining, pinned, clock.now(), signal);
      await pinned.raiseEpoch(epoch);
      await pinned.pin({ cell, signingKeys, issuers });
      log("info", "joined", { cell });
      return;
    } catch (error) {
      if (signal.aborted) return;
      log(attempt === 0 ? "info" : "debug", "not joined yet", { attempt: attempt + 1, why: String(error) });
    }
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
    await clock.sleep(wait * (0.5 + chance() / 2), signal);
  }
}

async function askToJoin(joining: Joining, pinned: Pinned, now: number, signal: AbortSignal): Promise<JoinResponse> {
  const { controlPlane, identity, publicUrl, domain, caPem, natsCaPem, room } = joining;
  const token = pinned.membership() ? undefined : joining.token();
  const unsigned = {
    ...(token === undefined ? {} : { token }),
    identity: identity.publicKey,
    ts: now,
    publicUrl,
    domain,
    caPem,
    natsCaPem,
    agent: AGENT_VERSION,
    capacity: { networks: room() },
    existing: await joining.existing(),
  };
  const answer = await sendRequest({
    method: "POST",
    url: new URL("/v1/join", controlPlane),
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...unsigned, sig: identity.sign(canonicalJson(unsigned)) }),
    timeoutMs: ANSWER_MS,
    signal,
  });
  if (answer.status !== 200)
    throw new Error(`the control plane answered ${answer.status}: ${answer.body.slice(0, 300)}`);
  return JoinResponse.parse(JSON.parse(answer.body));
}
