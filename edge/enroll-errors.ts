import type { EnrollError } from "#core/messages.ts";

/** What each refusal means for the person at this machine: what to do next, and whether the same request may work later. */
export const enrollAdvice: Record<EnrollError, { readonly next: string; readonly again: boolean }> = {
  token_unknown: {
    next: "Check that the token is of this network and was not deleted, or make another: cellplane token create.",
    again: false,
  },
  token_expired: { next: "Make a new token: cellplane token create. They live for 24 hours by default.", again: false },
  token_exhausted: {
    next: "All its uses are taken. Make a new token, with more uses if many nodes share it.",
    again: false,
  },
  token_revoked: { next: "Somebody revoked it. Ask for a new token.", again: false },
  token_paused: { next: "Somebody paused it. Have it resumed, then run this again.", again: false },
  ip_not_allowed: { next: "The token admits other addresses only. Use one made for this site.", again: false },
  label_not_allowed: { next: "Leave that --label away, or use a token that allows it.", again: false },
  clock_skew: { next: "Set this machine's clock (NTP), then run this again.", again: false },
  proto_unsupported: { next: "Install the cellplane-edge of the network's release.", again: false },
  quota_nodes: { next: "The workspace is full. Delete nodes that are gone, or have its quota raised.", again: false },
  rate_limited: { next: "Many nodes are enrolling at once; run this again in a minute.", again: true },
  bad_signature: {
    next: "The key in the data folder does not fit this node. Use another --data, or bootstrap again.",
    again: false,
  },
  node_revoked: { next: "This node was revoked: cellplane-edge leave, then bootstrap with a new token.", again: false },
  node_unknown: { next: "This node was deleted: cellplane-edge leave, then bootstrap with a new token.", again: false },
};

export const isEnrollError = (code: unknown): code is EnrollError =>
  typeof code === "string" && Object.hasOwn(enrollAdvice, code);
