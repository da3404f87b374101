import type { CellView } from "./cell-view.ts";

/** A join token opens for 24 h; one that is nearly that old is not relied on. */
const TOKEN_IS_GOOD_MS = 23 * 3_600_000;

/** What is known of a cell that is to be registered; any crash before left it in one of these states. */
export interface CellSituation {
  /** The control plane's record of that name. */
  readonly known: Pick<CellView, "url"> | undefined;
  /** Age of the join token that waits for the agent. */
  readonly tokenAgeMs: number | undefined;
}

/**
 * - `joined`: its agent is known by its identity and needs no token.
 * - `use-token`: registered, and the token waits for the agent.
 * - `register`: not known yet.
 * - `replace`: registered, but the token was lost (it is shown once) or is too old: only a new record brings a new one.
 */
export function decideRegistration({
  known,
  tokenAgeMs,
}: CellSituation): "joined" | "use-token" | "register" | "replace" {
  if (!known) return "register";
  if (known.url !== null) return "joined";
  return tokenAgeMs !== undefined && tokenAgeMs < TOKEN_IS_GOOD_MS ? "use-token" : "replace";
}
