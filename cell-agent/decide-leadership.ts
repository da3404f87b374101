/** The lease as one replica has seen it. Times are the replica's own and never go back: clocks of two machines are not compared. */
export interface SeenLease {
  /** Who holds it; "" where it was given back. */
  readonly holder: string;
  /** When this version of it was first seen. */
  readonly seenAt: number;
  /** For how long its holder may lead without renewing it. */
  readonly durationMs: number;
}

/** `take` and `renew` are one write at the version that was seen, which one of many wins. */
export type LeadershipDecision = { readonly do: "take" | "renew" } | { readonly do: "wait"; readonly forMs: number };

/** What a replica does about the lease now. */
export function decideLeadership(lease: SeenLease | undefined, me: string, now: number): LeadershipDecision {
  if (lease?.holder === me) return { do: "renew" };
  if (!lease || lease.holder === "") return { do: "take" };
  const left = lease.seenAt + lease.durationMs - now;
  return left <= 0 ? { do: "take" } : { do: "wait", forMs: left };
}
