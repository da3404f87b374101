import type { GenerationHash, Heartbeat, PipelineBeat, RecentProblem } from "#core/messages.ts";

export interface HeartbeatNow {
  readonly session: string;
  readonly seq: number;
  readonly now: number;
  readonly applied: GenerationHash | null;
  readonly resources: NonNullable<Heartbeat["r"]>;
  readonly pipelines: readonly PipelineBeat[];
  readonly problems: readonly RecentProblem[];
  readonly fullEvery: number;
  /** What the last full one showed, from `shownBy`. */
  readonly lastShown: string;
}

/** Most problems one heartbeat carries: the newest. */
const PROBLEMS = 5;

/** About 150 bytes while nothing changed; in full each `fullEvery`th time and on any change a person would see. */
export function nextHeartbeat(moment: HeartbeatNow): Heartbeat {
  const { session, seq, now, applied, resources, pipelines, problems, fullEvery, lastShown } = moment;
  const short: Heartbeat = { s: session, q: seq, t: now, g: applied?.gen ?? 0, h: applied?.hash.slice(0, 8) ?? "" };
  const isFull = seq % fullEvery === 0 || shownBy(moment) !== lastShown;
  if (!isFull) return short;
  return {
    ...short,
    r: resources,
    f: 1,
    p: pipelines,
    ...(problems.length > 0 ? { x: problems.slice(0, PROBLEMS) } : {}),
  };
}

/** What a person would see change: revisions, health, problems, the generation. Counters alone wait for their turn. */
export function shownBy({
  applied,
  pipelines,
  problems,
}: Pick<HeartbeatNow, "applied" | "pipelines" | "problems">): string {
  return JSON.stringify([applied, pipelines.map(({ n, r, s }) => [n, r, s]), problems.map(({ c, m }) => [c, m])]);
}
