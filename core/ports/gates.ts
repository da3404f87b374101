import type { AskedGate, GateAnswer, GateQuestion } from "../model/rollout/gate.ts";

/** Asks what has a say in whether a rollout goes on: alarms and webhooks. */
export interface Gates {
  /** Why such a gate can never be asked here, as the end of "the gate cannot be …"; undefined where it can. Makes no call. */
  whyNot(gate: AskedGate): string | undefined;
  /** Answers within `timeMs` and never rejects. May be asked twice: who answers sees by the question that it is the same. */
  ask(gate: AskedGate, question: GateQuestion, timeMs: number): Promise<GateAnswer>;
}
