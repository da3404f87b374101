import { Refusal } from "../../errors.ts";
import { timestampOf } from "../time.ts";
import { withGate } from "./pass-gates.ts";
import { pausedBy, rolledBackBy, stoppedBy } from "./react.ts";
import { type Rollout, rolloutHasEnded } from "./rollout.ts";
import type { Pace } from "./spec.ts";

/** What an operator may tell a rollout. */
export type RolloutCommand =
  | { readonly verb: "pause" | "resume" | "abort" | "roll-back" | "retry-failed" }
  | { readonly verb: "pace"; readonly pace: Pace }
  /** A gate by its place in the spec, or the bake of the wave that bakes. */
  | { readonly verb: "approve"; readonly gate?: number };

export interface Order {
  readonly actor: string;
  readonly reason: string;
  readonly now: number;
  /** How many of its targets failed so far: a resume accepts them. */
  readonly failures: number;
}

type Verb = RolloutCommand["verb"];

/** What makes sense now. */
export function possibleCommands(rollout: Rollout): Verb[] {
  const { state, stopping, gates, spec } = rollout;
  const isMove = spec.change.leaveCell !== undefined;
  const back: Verb[] = isMove ? [] : ["roll-back"];
  if (state === "rolled-back") return ["retry-failed"];
  if (rolloutHasEnded(rollout)) return rollout.rollback ? ["retry-failed"] : [...back, "retry-failed"];
  if (state === "planned") return ["abort"];
  if (stopping) return back;
  const approve: Verb[] =
    state === "baking" || gates.some((gate) => gate.state === "asking" || gate.state === "refused") ? ["approve"] : [];
  if (state === "rolling-back") return ["pause", "pace"];
  if (rollout.rollback) return ["resume", "pace"];
  return [state === "paused" ? "resume" : "pause", "abort", "pace", ...back, ...approve];
}

/** The same command again changes nothing, so that whoever is unsure may repeat it. */
function isDone(rollout: Rollout, { verb }: RolloutCommand): boolean {
  const { state, stopping, rollback } = rollout;
  if (verb === "pause") return state === "paused";
  if (verb === "resume") return state === "running" || state === "baking" || state === "rolling-back";
  if (verb === "abort") return state === "aborted" || stopping?.as === "aborted";
  return verb === "roll-back" && rollback !== null;
}

/** The record after a command. `retry-failed` changes nothing here: it makes another rollout. */
export function commandRollout(rollout: Rollout, command: RolloutCommand, order: Order): Rollout {
  if (isDone(rollout, command)) return rollout;
  const possible = possibleCommands(rollout);
  if (!possible.includes(command.verb)) {
    const others = possible.length > 0 ? `Possible is: ${possible.join(", ")}.` : "Nothing is possible any more.";
    const state = rollout.stopping ? "stopping" : rollout.state;
    throw new Refusal("not-possible-now", `A rollout that is ${state} cannot take ${command.verb}. ${others}`, {
      extra: { possible },
    });
  }
  const deed = { by: order.actor, reason: order.reason, at: timestampOf(order.now) };
  switch (command.verb) {
    case "pause":
      return pausedBy(rollout, deed);
    case "resume":
      return resumed(rollout, order);
    case "abort":
      return stoppedBy(rollout, deed, "aborted");
    case "roll-back":
      return rolledBackBy(rollout, deed);
    case "pace":
      return { ...rollout, pace: command.pace };
    case "approve":
      return approved(rollout, command.gate, order);
    case "retry-failed":
      return rollout;
  }
}

/** A resume after a breach or the no of a gate accepts what was seen, so it needs a reason; the gate is asked anew. */
function resumed(rollout: Rollout, { failures, reason, now }: Order): Rollout {
  const { paused, gates } = rollout;
  if (!paused) return rollout;
  const isOverride = paused.by === "budget" || paused.by === "gate";
  if (isOverride) needsReason(reason, `It was paused by its ${paused.by}: ${paused.reason}.`);
  const asked = { state: "asking", since: timestampOf(now), askAt: timestampOf(now), detail: null } as const;
  return {
    ...rollout,
    state: paused.from,
    paused: null,
    forgiven: paused.by === "budget" ? failures : rollout.forgiven,
    gates: gates.map((gate) => (gate.state === "refused" ? asked : gate)),
  };
}

function approved(rollout: Rollout, at: number | undefined, { actor, reason, now }: Order): Rollout {
  needsReason(reason, "To approve is to answer for it.");
  if (at === undefined) {
    const waves = rollout.waves.map((wave, index) =>
      index === rollout.wave && wave.bakeUntil ? { ...wave, bakeUntil: timestampOf(now) } : wave,
    );
    return { ...rollout, waves };
  }
  const gate = rollout.gates[at];
  if (!gate) throw new Refusal("not-found", `There is no gate ${at + 1}: the rollout has ${rollout.gates.length}.`);
  if (gate.state === "passed") return rollout;
  return withGate(rollout, at, { ...gate, state: "passed", askAt: null, detail: `approved by ${actor}: ${reason}` });
}

function needsReason(reason: string, why: string): void {
  if (reason.trim() !== "") return;
  const errors = [{ path: "reason", message: "is needed here" }];
  throw new Refusal("invalid-input", `${why} Say why in reason.`, { errors });
}
