import type { Cluster, Log } from "#core/ports.ts";
import { SYSTEM_NAMESPACE } from "./cell.ts";
import { keptRef } from "./kept.ts";

/** A ConfigMap in our own namespace: while it is there, no rollout changes anything in this cell. Its `reason` says why. */
const HOLD = "hold";

/**
 * Reads whether an operator on site holds the cell, and why; null where nobody does. While the cluster cannot be asked, what was
 * true last still is.
 */
export function readHold(cluster: Pick<Cluster, "get">, log: Log): () => Promise<string | null> {
  let known: string | null = null;
  return async () => {
    try {
      const found = await cluster.get(keptRef("ConfigMap", HOLD));
      known = found ? reasonIn(found.data) : null;
    } catch (error) {
      log("warn", "not known whether the cell is held", { why: String(error) });
    }
    return known;
  };
}

function reasonIn(data: unknown): string {
  const reason = (data as { readonly reason?: unknown } | undefined)?.reason;
  const text = typeof reason === "string" ? reason.replace(/\p{Cc}+/gu, " ").trim() : "";
  return text.slice(0, 500) || `no reason is given in the ConfigMap ${HOLD} of ${SYSTEM_NAMESPACE}`;
}
