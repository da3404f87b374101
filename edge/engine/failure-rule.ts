import type { OnError } from "#core/model/pipeline/document.ts";
import { fate } from "./batch.ts";
import type { Fail, Surroundings } from "./component.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Flow } from "./flow.ts";

/** What becomes of an event that a step could not handle. Every failure is counted and shown, none is silent. */
export function failureRule(
  stage: string,
  onError: OnError,
  { flow, dead, around }: { flow: Flow; dead: DeadLetters; around: Surroundings },
): Fail {
  return (batch, index, error) => {
    if (flow.isEnded) return false;
    flow.books.errors++;
    const reason = error instanceof Error ? error.message : String(error);
    around.problem(onError === "stop" ? "e" : "w", "event-failed", `${stage}: ${reason}`);
    if (onError === "pass") return true;
    if (onError === "stop") {
      flow.fail(new Error(`${stage}: ${reason}`));
      return false;
    }
    if (onError === "drop") {
      batch.settle(index, fate.dropped);
      return false;
    }
    try {
      dead.put(batch, index, stage, reason);
    } catch (full) {
      flow.fail(new Error(`dead letters cannot be written: ${full instanceof Error ? full.message : String(full)}`));
      return false;
    }
    batch.settle(index, fate.dead);
    return false;
  };
}
