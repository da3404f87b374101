import { FRESH_FOR_MS } from "../network.ts";
import { millisecondsOf } from "../time.ts";
import { type Sighting, whyUnreachable } from "./sighting.ts";
import type { RolloutSpec } from "./spec.ts";
import type { Attempt, Why } from "./target.ts";

/** How an attempt stands, by what is seen now. `unreachable`: nobody can know. */
export type Verdict = { readonly is: "healthy" } | ({ readonly is: "unreachable" | "not-yet" | "failed" } & Why);

const notYet = (code: string, message: string): Verdict => ({ is: "not-yet", code, message });
const failed = (code: string, message: string): Verdict => ({ is: "failed", code, message });

/**
 * Fresh health only (R6): at the generation that the attempt wrote or a newer one, reported after it was written, and not
 * long ago. Everything else is not yet known, and never healthy.
 */
export function verdictOf(
  attempt: Attempt,
  seen: Sighting,
  { nodes, now }: { readonly nodes: RolloutSpec["nodes"]; readonly now: number },
): Verdict {
  const unreachable = whyUnreachable(seen, now);
  if (unreachable) return { is: "unreachable", ...unreachable };
  const { report, gaveUp } = seen;
  if (gaveUp && gaveUp.generation >= attempt.generation) return failed("operation-failed", gaveUp.message);
  if (!report || report.observedGeneration < attempt.generation)
    return notYet("behind", `the cell has not reported generation ${attempt.generation} yet`);
  if (!isFreshFor(attempt, report.receivedAt, now))
    return notYet("stale", "the cell's report is older than the change");
  if (report.phase === "failed") return failed("unhealthy", report.message ?? "it failed to start");
  if (report.release !== seen.intent.release)
    return notYet("behind", `it runs ${report.release ?? "nothing"}, not ${seen.intent.release}`);
  if (report.phase !== "ready") return notYet("not-ready", report.message ?? `it is ${report.phase}`);
  const needed = Math.ceil((attempt.nodesBefore * nodes.share) / 100);
  if (report.nodesOnline < needed) {
    const message = `${report.nodesOnline} of ${attempt.nodesBefore} nodes are back, and ${needed} must be`;
    const late = now - Date.parse(attempt.clockFrom) >= millisecondsOf(nodes.within);
    return late ? failed("nodes-missing", `${message} within ${nodes.within}`) : notYet("nodes-missing", message);
  }
  return { is: "healthy" };
}

/** Where our clock was set back since the start, the age of the report alone can be judged, and the generation. */
function isFreshFor({ startedAt }: Attempt, receivedAt: number, now: number): boolean {
  const started = Date.parse(startedAt);
  return now - receivedAt <= FRESH_FOR_MS && (receivedAt > started || started > now);
}
