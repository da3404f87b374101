import { millisecondsOf, timestampOf } from "../time.ts";
import { type Pass, wakeAt } from "./pass.ts";
import { react } from "./react.ts";
import type { Rollout } from "./rollout.ts";

/** Gates of one side of a wave that have not passed: those that are reached are asked. True when all have passed. */
export function passGates(pass: Pass, side: "before" | "after", wave: number): boolean {
  const shut = pass.rollout.spec.gates.flatMap((spec, at) =>
    spec[side] === wave + 1 && pass.rollout.gates[at]?.state !== "passed" ? [at] : [],
  );
  for (const at of shut) reach(pass, at);
  return shut.length === 0;
}

function reach(pass: Pass, at: number): void {
  const { now, rollout } = pass;
  const spec = rollout.spec.gates[at];
  const gate = rollout.gates[at];
  if (!spec || !gate || gate.state === "refused") return;
  const since = gate.since ?? timestampOf(now);
  if (spec.kind === "manual") {
    if (gate.state === "closed") pass.rollout = withGate(rollout, at, { ...gate, state: "asking", since });
    return;
  }
  const timeout = Date.parse(since) + millisecondsOf(spec.timeout);
  if (now >= timeout) {
    const detail = `did not say yes within ${spec.timeout}${gate.detail ? `: ${gate.detail}` : ""}`;
    const refused = withGate(rollout, at, { ...gate, state: "refused", since, askAt: null, detail });
    pass.rollout = react(refused, { by: "gate", reason: `gate ${at + 1} (${spec.kind}) ${detail}` }, now);
    return;
  }
  const askAt = gate.askAt ?? timestampOf(now);
  if (gate.state === "closed") pass.rollout = withGate(rollout, at, { ...gate, state: "asking", since, askAt });
  if (Date.parse(askAt) <= now) pass.asks.push(at);
  wakeAt(pass, Date.parse(askAt) <= now ? now + millisecondsOf(spec.every) : Date.parse(askAt));
  wakeAt(pass, timeout);
}

export const withGate = (rollout: Rollout, at: number, gate: Rollout["gates"][number]): Rollout => ({
  ...rollout,
  gates: rollout.gates.map((one, index) => (index === at ? gate : one)),
});

/** What a gate said. A `no` is final until somebody resumes or approves; `not-yet` is asked again. */
export function answerGate(
  rollout: Rollout,
  at: number,
  answer: { readonly says: "yes" | "no" | "not-yet"; readonly detail: string; readonly now: number },
): Rollout {
  const { says, detail, now } = answer;
  const spec = rollout.spec.gates[at];
  const gate = rollout.gates[at];
  if (!spec || gate?.state !== "asking" || spec.kind === "manual") return rollout;
  if (says === "yes") return withGate(rollout, at, { ...gate, state: "passed", askAt: null, detail });
  if (says === "not-yet")
    return withGate(rollout, at, { ...gate, askAt: timestampOf(now + millisecondsOf(spec.every)), detail });
  const refused = withGate(rollout, at, { ...gate, state: "refused", askAt: null, detail });
  return react(refused, { by: "gate", reason: `gate ${at + 1} (${spec.kind}) said no: ${detail}` }, now);
}
