import { type ErrorKind, Refusal } from "#core/errors.ts";
import type { EnrollError } from "#core/messages.ts";

/** Why a machine is not let in, as HTTP says it and as a person can act on it. */
const answers: Record<EnrollError, readonly [ErrorKind, string]> = {
  token_unknown: ["unauthenticated", "No such token here. Check that it was copied whole and is of this network."],
  token_expired: ["forbidden", "The token has expired. Make a new one."],
  token_exhausted: ["forbidden", "The token has been used as often as it may be. Make a new one."],
  token_revoked: ["forbidden", "The token was revoked. Ask for a new one."],
  token_paused: ["forbidden", "The token is paused. Have it resumed, then try again."],
  ip_not_allowed: ["forbidden", "The token does not admit this address. Use one made for this site."],
  label_not_allowed: ["forbidden", "The token does not allow one of these labels. Leave it away."],
  clock_skew: ["invalid-input", "The clock of this machine is more than five minutes off. Set it, then try again."],
  proto_unsupported: ["invalid-input", "No protocol version in common. Install the edge of this network's release."],
  quota_nodes: ["quota-exceeded", "The network has as many nodes as its plan allows. Delete some, or change the plan."],
  rate_limited: ["rate-limited", "Many nodes are enrolling at once. Try again in a moment."],
  bad_signature: ["unauthenticated", "The signature is not by the node's key."],
  node_revoked: ["forbidden", "This node was revoked. Enrol again with a new key and a new token."],
  node_unknown: ["not-found", "There is no such node. Enrol with a token."],
};

/** The refusal of a node; `code` is what programs read. */
export function refuseNode(code: EnrollError, extra: Readonly<Record<string, unknown>> = {}): Refusal {
  const [kind, message] = answers[code];
  const retryAfterMs = extra.retryAfterMs;
  return new Refusal(kind, message, {
    extra: { code, title: "The node is not let in", ...extra },
    ...(typeof retryAfterMs === "number" ? { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) } : {}),
  });
}
