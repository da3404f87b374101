/** Longest wait between two attempts. */
const LONGEST_MS = 300_000;
/** First wait of a process that never was connected: it is alone or new, no part of a storm. */
const EAGER_MS = 250;

export interface ReconnectMoment {
  /** Failed attempts since the connection was lost. */
  readonly failures: number;
  readonly everConnected: boolean;
  /** From the newest Welcome or broadcast. */
  readonly baseMs: number;
  readonly windowMs: number;
  /** A server said before that it goes away: then each node has a slot of its own. */
  readonly noticed: boolean;
  readonly node: string;
  readonly chance: number;
}

/**
 * How long to wait before the next attempt. Spread on purpose: with the library's defaults 10,000 nodes took 49 s and 22,061
 * failed TLS handshakes to come back, with 1–11 s of jitter 15.8 s and 51.
 */
export function reconnectDelay(moment: ReconnectMoment): number {
  const { failures, everConnected, baseMs, windowMs, noticed, node, chance } = moment;
  if (!everConnected) {
    const eager = EAGER_MS * 2 ** Math.min(failures, 16);
    if (eager < windowMs) return eager * (0.5 + chance / 2);
  }
  if (failures === 0) return baseMs + (noticed ? slotOf(node, windowMs) : chance * windowMs);
  return Math.min(LONGEST_MS, windowMs * 2 ** Math.min(failures, 16)) * (0.5 + chance / 2);
}

/** The node's own place in a window: FNV-1a of its id, so that the nodes of a network fill the window evenly. */
export function slotOf(node: string, windowMs: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < node.length; at++) hash = Math.imul(hash ^ node.charCodeAt(at), 0x01000193) >>> 0;
  return windowMs > 0 ? hash % windowMs : 0;
}
