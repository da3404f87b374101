import type { Because, Explanation } from "../explain.ts";
import { admitTarget } from "./admit-target.ts";
import { type Pass, tally } from "./pass.ts";
import { type Rollout, rolloutHasEnded } from "./rollout.ts";
import type { Sighting } from "./sighting.ts";
import { currentAttempt, isInFlight, isOpen, type RolloutTarget, slotLimits } from "./target.ts";

export type { Explanation };

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** What a rollout waits for, in one sentence, and everything behind it. */
export function explainRollout(pass: Pass): Explanation {
  const { rollout } = pass;
  const counted = tally(pass);
  const wave = rollout.waves[rollout.wave];
  const chain: Because[] = [...stops(rollout)];
  const bakes = wave?.bakeUntil && rollout.state === "baking";
  if (bakes)
    chain.push({ what: "bake", why: `wave ${rollout.wave + 1} bakes until ${wave.bakeUntil}`, since: wave.settledAt });
  if (!rolloutHasEnded(rollout)) chain.push(...openGates(rollout));
  const going = counted.inFlight + pass.start.length + pass.rollback.length;
  if (going > 0) {
    const { total } = slotLimits(rollout.pace, counted);
    const queue = pass.queued > 0 ? `, and ${pass.queued} wait for a slot` : "";
    chain.push({
      what: "targets",
      why: `${going} in flight, at most ${total} at once${queue}`,
      since: wave?.startedAt ?? null,
    });
  }
  for (const [code, { count, example }] of pass.blocked)
    chain.push({
      what: code,
      why: count === 1 ? example.message : `${many(count, "target")}, one of them: ${example.message}`,
      since: null,
    });

  const [first] = chain;
  const place = `wave ${rollout.wave + 1} of ${rollout.waves.length}`;
  const summary =
    rollout.state === "planned"
      ? "The rollout waits until all of its targets are stored."
      : rolloutHasEnded(rollout)
        ? `The rollout has ${endings[rollout.state] ?? rollout.state}: ${endOf(rollout, counted.states)}.`
        : `The rollout is ${rollout.state} in ${place}: ${first?.why ?? "it goes on at once"}.`;
  const since = rollout.endedAt ?? rollout.paused?.at ?? rollout.rollback?.at ?? wave?.startedAt ?? rollout.createdAt;
  return { summary, since, chain };
}

const endings: Readonly<Record<string, string>> = {
  succeeded: "succeeded",
  failed: "failed",
  aborted: "been aborted",
  "rolled-back": "been rolled back",
};

const endOf = ({ stopping, rollback }: Rollout, states: Partial<Record<string, number>>): string => {
  const counts = Object.entries(states)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
  const deed = rollback ?? stopping;
  return `${deed ? `${deed.reason} (${deed.by}); ` : ""}${counts || "it had no targets"}`;
};

function stops({ paused, stopping, rollback }: Rollout): Because[] {
  const because = (what: string, deed: { at: string; by: string; reason: string } | null): Because[] =>
    deed ? [{ what, why: `${what} by ${deed.by}: ${deed.reason}`, since: deed.at }] : [];
  return [...because("paused", paused), ...because("stopped", stopping), ...because("rolled back", rollback)];
}

const openGates = ({ spec, gates }: Rollout): Because[] =>
  gates.flatMap(({ state, since, detail }, at) => {
    const gate = spec.gates[at];
    if (!gate || (state !== "asking" && state !== "refused")) return [];
    const place = gate.before === undefined ? `after wave ${gate.after}` : `before wave ${gate.before}`;
    const wants =
      state === "refused" ? "said no" : gate.kind === "manual" ? "waits to be approved" : "has not said yes yet";
    return [
      { what: `gate ${at + 1}`, why: `the ${gate.kind} gate ${place} ${wants}${detail ? `: ${detail}` : ""}`, since },
    ];
  });

/** Why one target is where it is, or waits. */
export function explainTarget(
  target: RolloutTarget,
  seen: Sighting | undefined,
  context: Pick<Pass, "rollout" | "blockers" | "now">,
): Explanation {
  const { rollout } = context;
  const link = (what: string, why: string, since: string | null = target.since): Explanation => ({
    summary: `${target.network} is ${target.state}: ${why}.`,
    since,
    chain: [{ what, why, since }, ...failuresOf(target)],
  });
  const attempt = currentAttempt(target);
  if (isInFlight(target) && attempt)
    return target.state === "soaking"
      ? link("soak", `healthy, and must stay so for ${rollout.spec.minHealthyFor}`, attempt.healthySince)
      : link(target.why?.code ?? "update", target.why?.message ?? "the cell is bringing it there", attempt.startedAt);
  if (!isOpen(target)) return link(target.why?.code ?? target.state, target.why?.message ?? "it is as it should be");
  if (rolloutHasEnded(rollout)) return link(rollout.state, "the rollout has ended without it");
  if (rollout.paused)
    return link("paused", `the rollout is paused by ${rollout.paused.by}: ${rollout.paused.reason}`, rollout.paused.at);
  if (target.wave > rollout.wave || !rollout.waves[target.wave]?.startedAt)
    return link("wave", `its wave is ${target.wave + 1}, and the rollout is in wave ${rollout.wave + 1}`);
  const { ready, blocker, target: admitted } = admitTarget(target, seen, context);
  if (blocker) return link(blocker.code, blocker.message);
  return ready
    ? link("slot", "it waits for a slot: others are in flight")
    : link(admitted.why?.code ?? admitted.state, admitted.why?.message ?? "it needs nothing");
}

const failuresOf = ({ attempt, undo }: RolloutTarget): Because[] =>
  [attempt?.failure, undo?.failure].flatMap((failure) =>
    failure ? [{ what: failure.code, why: failure.message, since: failure.at }] : [],
  );
