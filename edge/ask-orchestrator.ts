import type { EnrollError, EnrollResponse, RenewRequest } from "#core/messages.ts";
import { enrollAdvice, isEnrollError } from "./enroll-errors.ts";
import { Failure } from "./failure.ts";
import { enrollResponseOf, type Identity } from "./identity.ts";
import { callJson, type JsonAnswer, type JsonCall } from "./json-call.ts";
import { type NodeKey, prove } from "./node-key.ts";

/** A refusal with its code, so that a caller can tell a revoked node from a full one. */
export class NotAdmitted extends Failure {
  readonly code: EnrollError;
  readonly retryAfterMs: number | undefined;

  constructor(code: EnrollError, message: string, retryAfterMs: number | undefined) {
    super("refused", message, enrollAdvice[code].next);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Asks with a proof of possession, and once more by the server's clock if ours is off: a machine whose battery died must not
 * need a visit.
 */
export async function askWithProof<Claim extends object>(
  call: Omit<JsonCall, "body">,
  key: NodeKey,
  claimAt: (timestamp: number) => Claim,
  now: number,
): Promise<EnrollResponse> {
  const ask = (timestamp: number) => callJson({ ...call, body: prove(key, claimAt(timestamp)) });
  const first = await ask(now);
  const { code, serverTime } = first.body;
  const answer = code === "clock_skew" && typeof serverTime === "number" ? await ask(serverTime) : first;
  return admitted(answer, call.url);
}

/** The answer of an admitted node; everything else becomes a failure that says what to do. */
export function admitted({ status, body, retryAfterSeconds }: JsonAnswer, url: string): EnrollResponse {
  if (status === 200 || status === 201 || status === 202) {
    const answer = enrollResponseOf(body);
    if (answer) return answer;
    throw new Failure(
      "refused",
      `${new URL(url).origin} answered, but not as an orchestrator does.`,
      "Is the address right?",
    );
  }
  const detail = typeof body.detail === "string" ? body.detail : `The orchestrator answered ${status}.`;
  if (isEnrollError(body.code)) {
    const wait = typeof body.retryAfterMs === "number" ? body.retryAfterMs : undefined;
    throw new NotAdmitted(
      body.code,
      detail,
      wait ?? (retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000),
    );
  }
  if (status >= 500 || status === 429)
    throw new Failure("unreachable", detail, "The network is not ready yet; run this again in a moment.");
  throw new Failure(
    "refused",
    detail,
    "If the release of this edge is older than the network's, install the newer one.",
  );
}

/** New credentials over HTTPS: works after any time offline, also when the old ones ended long ago. */
export function renewOverHttps(identity: Identity, key: NodeKey, now: number): Promise<EnrollResponse> {
  const claimAt = (ts: number): Omit<RenewRequest, "sig"> => ({
    workspace: identity.workspace,
    node: identity.node,
    ts,
  });
  const target = { method: "POST", url: identity.renewUrl, pin: identity.api.pin } as const;
  return askWithProof(target, key, claimAt, now + identity.clockOffsetMs);
}
