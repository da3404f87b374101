import type { AskedGate, GateAnswer, GateQuestion } from "#core/model/rollout/gate.ts";
import type { Gates } from "#core/ports.ts";

/** One kind of gate. May reject: then it is not known yet what it says. */
export interface GateKind<Kind extends AskedGate["kind"]> {
  whyNot?(gate: Extract<AskedGate, { kind: Kind }>): string | undefined;
  ask(gate: Extract<AskedGate, { kind: Kind }>, question: GateQuestion, signal: AbortSignal): Promise<GateAnswer>;
}

export interface GateKinds {
  readonly alarm?: GateKind<"alarm"> | undefined;
  readonly webhook?: GateKind<"webhook"> | undefined;
}

/** What a gate says is kept on the rollout, so it is kept short. */
const LONGEST_DETAIL = 500;

const missing = {
  alarm: "asked here: nothing is set that knows alarms (CELLPLANE_PROMETHEUS_URL); use a manual gate",
  webhook: "asked here: no key for webhooks is set up; use a manual gate",
} as const;

/** The gates of an installation. What is slow, breaks or makes no sense is not known yet: doubt is never a no. */
export function gatesOf({ alarm, webhook }: GateKinds): Gates {
  const asked = (gate: AskedGate, question: GateQuestion, signal: AbortSignal) =>
    gate.kind === "alarm" ? alarm?.ask(gate, question, signal) : webhook?.ask(gate, question, signal);
  return {
    whyNot(gate) {
      if (!(gate.kind === "alarm" ? alarm : webhook)) return missing[gate.kind];
      return gate.kind === "alarm" ? alarm?.whyNot?.(gate) : webhook?.whyNot?.(gate);
    },
    async ask(gate, question, timeMs) {
      const ending = new AbortController();
      const late = Promise.withResolvers<GateAnswer>();
      const timer = setTimeout(() => {
        late.resolve({ says: "not-yet", detail: `no answer within ${timeMs / 1_000} s` });
        ending.abort();
      }, timeMs);
      try {
        const answer = asked(gate, question, ending.signal) ?? {
          says: "not-yet" as const,
          detail: `cannot be ${missing[gate.kind]}`,
        };
        const { says, detail } = await Promise.race([answer, late.promise]);
        return { says, detail: plain(detail) };
      } catch (error) {
        return { says: "not-yet", detail: plain(`could not be asked: ${sentenceOf(error)}`) };
      } finally {
        clearTimeout(timer);
        ending.abort();
      }
    },
  };
}

/** One line, without what would move a terminal's cursor. */
const plain = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, LONGEST_DETAIL);

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
