import { Refusal } from "../../errors.ts";
import { LEASE_MS } from "../../model/operation.ts";
import { questionOf } from "../../model/rollout/gate.ts";
import { answerGate } from "../../model/rollout/pass-gates.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import { timestampOf } from "../../model/time.ts";
import type { Versioned } from "../../ports.ts";
import type { Dependencies } from "../dependencies.ts";

/** How long all gates together may take: with what one call spends on starting, well below the 29 s that end a task. */
const ASKING_MS = 8_000;

/**
 * Asks the gates that are due, all at once, and writes down what they said where the rollout is still the one that asked: a command
 * that came meanwhile stands, and its execution asks anew. True where one decided, so that the next turn need not wait.
 */
export async function askGates(
  { store, gates, clock }: Pick<Dependencies, "store" | "gates" | "clock">,
  { value: rollout, version }: Versioned<Rollout>,
  asks: readonly number[],
): Promise<boolean> {
  const answers = await Promise.all(
    asks.map(async (at) => {
      const asked = questionOf(rollout, at);
      return { at, answer: asked && (await gates.ask(asked.gate, asked.question, ASKING_MS)) };
    }),
  );
  const now = clock.now();
  const answered = answers.reduce(
    (before, { at, answer }) => (answer ? answerGate(before, at, { ...answer, now }) : before),
    rollout,
  );
  if (answered === rollout) return false;
  const decided = answers.some(({ answer }) => answer && answer.says !== "not-yet");
  const value = decided ? { ...answered, nextActionAt: timestampOf(now + LEASE_MS) } : answered;
  try {
    await store.commit([{ write: "put", was: version, kind: "rollout", value }]);
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "conflict")) throw error;
  }
  return decided;
}
