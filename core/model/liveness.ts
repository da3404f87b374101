/** How a node stands with its orchestrator. Health of its pipelines is another question. */
export const nodeStates = ["pending", "never_connected", "online", "unresponsive", "offline", "revoked"] as const;
export type NodeState = (typeof nodeStates)[number];

export type OfflineReason = "bye" | "tcp_close" | "stale" | "auth_expired" | "kicked" | "revoked" | "no_heartbeat";

/** A node that misses two and a half heartbeats is not well; one more, and it is gone. */
const UNRESPONSIVE_AFTER = 2.5;
const OFFLINE_AFTER = 3.5;
/** A connection that closes is often back at once. */
export const DISCONNECT_GRACE_MS = 5_000;

/** After a restart of orchestrator or broker nobody is called offline for what may be our own silence. */
export const warmUpMs = (everyMs: number, windowMs: number): number => UNRESPONSIVE_AFTER * everyMs + windowMs;

/** All that is known of a node's connection. Times are ours, in milliseconds. */
export interface Signs {
  readonly status: "pending" | "active" | "revoked";
  /** It has spoken to us at some time, perhaps before a restart. */
  readonly everSeen: boolean;
  /** It was online when we last wrote it down. */
  readonly wasOnline: boolean;
  readonly lastBeatAt: number | undefined;
  readonly left: { readonly at: number; readonly reason: OfflineReason } | undefined;
  readonly everyMs: number;
}

export interface Liveness {
  readonly state: NodeState;
  readonly reason?: OfflineReason;
}

/** Two inputs, the broker's events and the heartbeats, and what follows from them now. */
export function livenessOf(signs: Signs, { now, warmUntil }: { now: number; warmUntil: number }): Liveness {
  const { status, left, lastBeatAt, everyMs } = signs;
  if (status === "revoked") return { state: "revoked", reason: "revoked" };
  if (status === "pending") return { state: "pending" };
  if (left?.reason === "bye") return { state: "offline", reason: "bye" };
  if (lastBeatAt === undefined) {
    if (!signs.everSeen) return { state: "never_connected" };
    return signs.wasOnline && now < warmUntil
      ? { state: "online" }
      : { state: "offline", reason: left?.reason ?? "stale" };
  }
  if (now < warmUntil) return { state: "online" };
  if (left && now - left.at >= DISCONNECT_GRACE_MS) return { state: "offline", reason: left.reason };
  const missed = (now - lastBeatAt) / everyMs;
  if (missed < UNRESPONSIVE_AFTER) return { state: "online" };
  if (missed < OFFLINE_AFTER && !left) return { state: "unresponsive" };
  return { state: "offline", reason: left?.reason ?? "no_heartbeat" };
}
