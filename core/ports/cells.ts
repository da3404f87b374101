import type { PublicJwk } from "../model/access.ts";
import type { CellId, NetworkId } from "../model/ids.ts";
import type { CellDigest, CellOrder, Fence, InstanceSummary } from "../model/instance.ts";
import type { Observed } from "../model/network.ts";

/** Which cell, and how it is known since it joined. */
export interface CellAddress {
  readonly id: CellId;
  readonly publicUrl: string;
  readonly caPem: string;
}

/** The public keys that a cell pins, during a rotation two of each: the one in use and the next. */
export interface CellKeys {
  readonly signingKeys: readonly PublicJwk[];
  readonly issuers: readonly { readonly issuer: string; readonly jwks: { readonly keys: readonly PublicJwk[] } }[];
}

/**
 * Talks to one cell's agent by signed requests. Refuses with `cell-unreachable` (no answer, 5xx, 429: try again),
 * `stale-generation`, or `cell-refused` (any other 4xx: a repeat would not help).
 */
export interface Cells {
  /** Idempotent: the same order again changes nothing. */
  apply(cell: CellAddress, network: NetworkId, order: CellOrder): Promise<Observed>;
  /** Waits until it is settled at `generation` or `waitMs` passed (≤ 20 s); `undefined` when the cell has no such network. */
  observe(
    cell: CellAddress,
    network: NetworkId,
    until: { generation: number; waitMs: number },
  ): Promise<Observed | undefined>;
  /** Asks for deletion; absent is success. `observe` shows what blocks, and `undefined` once it is gone. */
  remove(cell: CellAddress, network: NetworkId, fence: Fence): Promise<void>;
  /** Everything that is in the cell. */
  list(cell: CellAddress): Promise<InstanceSummary[]>;
  /** Tells the cell that another home has taken over: orders of a lower epoch are refused from then on. */
  raiseEpoch(cell: CellAddress, epoch: number): Promise<void>;
  /** Says who may sign from now on: the keys of calls, and of network tokens. The key that signs this very call is among them. */
  pinKeys(cell: CellAddress, keys: CellKeys): Promise<void>;
  /** What changed since `since`; waits up to `waitMs` for a change. Without `since`: everything, at once. */
  report(cell: CellAddress, query: { since: string | null; waitMs: number }): Promise<CellDigest>;
}
