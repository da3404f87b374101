import { isFresh, isSettledAt, type NetworkStatus, type Observed, type Reachable } from "./network.ts";

/** How long a look from outside says something: several rounds of the rotating sample. */
const OUTSIDE_HOLDS_MS = 10 * 60_000;

/** What is known of a network's doors: what its cell says, and against it what was met from outside not long ago. */
export function reachableOf({ observed, outside }: NetworkStatus, now: number): Reachable {
  const inside = observed.reachable;
  if (!outside?.checkedAt || now - Date.parse(outside.checkedAt) > OUTSIDE_HOLDS_MS) return inside;
  const newest = [inside.checkedAt ?? "", outside.checkedAt].sort().at(-1) ?? null;
  return { api: inside.api && outside.api, nats: inside.nats && outside.nats, checkedAt: newest };
}

/** Whether somebody should look: its cell says or hides that something is wrong, or a look from outside found it shut. */
export function isDoubtful({ observed, outside }: NetworkStatus, reportAt: string | undefined, now: number): boolean {
  const wrong = outside !== undefined && !(outside.api && outside.nats);
  const silent = reportAt === undefined || !isFresh(reportAt, now);
  return wrong || silent || !isSettledAt(observed, 0) || !observed.reachable.api || !observed.reachable.nats;
}

/**
 * Which of a cell's networks to look at from outside in one round: every doubtful one up to `most`, and `sample` of the others.
 * `round` counts up; over as many rounds as it takes, everyone has its turn, whatever is known of the rounds before.
 */
export function toProbe<T extends { readonly network: string }>(
  all: readonly T[],
  isInDoubt: (one: T) => boolean,
  { round, sample, most }: { round: number; sample: number; most: number },
): T[] {
  const doubtful = all.filter(isInDoubt);
  const others = all.filter((one) => !isInDoubt(one));
  return [...turn(doubtful, round, most), ...turn(others, round, sample)];
}

/** `size` of a list, going on each round where the one before ended, in a circle. */
const turn = <T>(all: readonly T[], round: number, size: number): T[] =>
  all.length <= size ? [...all] : Array.from({ length: size }, (_, n) => all[(round * size + n) % all.length] as T);

/** What changed for the owner when it was looked at from outside; undefined: nothing. */
export function outsideNews(
  name: string,
  before: Reachable | undefined,
  after: Reachable,
): { type: string; message: string } | undefined {
  const was = before === undefined || (before.api && before.nats);
  const is = after.api && after.nats;
  if (was === is) return undefined;
  if (is) return { type: "reachability.back", message: `${name} answers from outside its cell again.` };
  const shut = [after.api ? [] : ["its API"], after.nats ? [] : ["NATS"]].flat().join(" and ");
  return { type: "reachability.lost", message: `${name} does not answer from outside its cell: ${shut}.` };
}

/** What a network's owner reads when its cell says something else of it than before; undefined: nothing worth an event. */
export function phaseNews(
  { name, generation }: { readonly name: string; readonly generation: number },
  before: Observed | undefined,
  after: Observed,
): { type: string; message: string } | undefined {
  if (!before || before.phase === after.phase) return undefined;
  if (before.observedGeneration < generation || after.observedGeneration < generation) return undefined;
  const worst = after.conditions.find(({ status, type }) => status !== "True" && type !== "Settled");
  const why = after.phase === "ready" ? "nodes can connect again" : (worst?.message ?? "its cell says no more");
  return { type: `phase.${after.phase}`, message: `${name} is ${after.phase}: ${why}.` };
}
