import type { Health, PipelineBeat, RecentProblem, Reported } from "#core/messages.ts";
import type { Clock } from "#core/ports/world.ts";
import { messageOf } from "./failure.ts";
import type { Log } from "./log.ts";
import type { PipelinePlan, Revision } from "./plan-pipelines.ts";

/** What the set needs of a pipeline that runs. */
export interface LivePipeline {
  beat(): Pick<PipelineBeat, "i" | "o" | "e" | "lag" | "buf">;
  health(): Health;
  problems(): readonly RecentProblem[];
  /** Resolves when it ended by itself, with the reason. */
  readonly failed: Promise<Error>;
  /** Inputs stop, what was read is delivered within so long, then it ends; the rest is read again by whoever starts next. */
  drain(milliseconds: number): Promise<void>;
}

/** Starts a revision at the position that its name has committed; throws if it cannot run here. */
export type StartPipeline = (revision: Revision) => Promise<LivePipeline>;

/** Throws if the revision could not run here, without touching anything: it is asked while the old revision still runs. */
export type ProbePipeline = (revision: Revision) => void;

export interface StartFailure {
  readonly pipeline: string;
  readonly message: string;
}

export interface PipelineSet {
  /** Carries out a plan. Every pipeline is on its own: what fails is answered, and goes back to what ran before. */
  carryOut(plan: PipelinePlan): Promise<StartFailure[]>;
  /** Starts what is known to be good, and goes on trying if it cannot run now. */
  insistOn(revision: Revision): void;
  restart(name: string): Promise<boolean>;
  /** What runs, or is being brought back. */
  running(): Revision[];
  beats(): PipelineBeat[];
  states(): Reported["pipelines"];
  problems(): RecentProblem[];
  stop(): Promise<void>;
}

/** How long an old revision, or a stopping node, may take to deliver what it has read. */
const DRAIN_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

interface Entry {
  readonly revision: Revision;
  live: LivePipeline | undefined;
  since: number;
  restarts: number;
  lastError: string | undefined;
  /** False for a revision that never ran here: it is shown, and tried again only when somebody asks. */
  wanted: boolean;
  readonly ended: AbortController;
}

export function pipelineSet(
  start: StartPipeline,
  world: { clock: Clock; chance: () => number; log: Log },
  probe: ProbePipeline = () => undefined,
): PipelineSet {
  const { clock, chance, log } = world;
  const entries = new Map<string, Entry>();
  const turns = new Map<string, Promise<unknown>>();

  /** One thing at a time for each name, so that no two revisions share its state. */
  function inTurn<T>(name: string, act: () => Promise<T>): Promise<T> {
    const turn = (turns.get(name) ?? Promise.resolve()).then(act, act);
    const settled = turn
      .catch(() => undefined)
      .finally(() => {
        if (turns.get(name) === settled) turns.delete(name);
      });
    turns.set(name, settled);
    return turn;
  }

  async function begin(revision: Revision, restarts = 0): Promise<void> {
    const live = await start(revision);
    const entry: Entry = {
      revision,
      live,
      since: clock.now(),
      restarts,
      lastError: entries.get(revision.name)?.lastError,
      wanted: true,
      ended: new AbortController(),
    };
    entries.set(revision.name, entry);
    void live.failed.then((error) => {
      if (entry.live !== live || entry.ended.signal.aborted) return;
      entry.live = undefined;
      entry.lastError = error.message;
      log.error("pipeline-failed", { pipeline: revision.name, rev: revision.rev, message: error.message });
      void bringBack(entry);
    });
  }

  /** Tries until it runs, its entry is replaced, or the node stops; waits longer each time. */
  async function bringBack(entry: Entry): Promise<void> {
    for (let tries = 0; !entry.ended.signal.aborted; tries++) {
      const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries + entry.restarts, 6));
      await clock.sleep(longest * (0.5 + chance() / 2), entry.ended.signal);
      const isBack = await inTurn(entry.revision.name, async () => {
        if (entry.ended.signal.aborted) return true;
        try {
          await begin(entry.revision, entry.restarts + tries + 1);
          return true;
        } catch (error) {
          entry.lastError = messageOf(error);
          return false;
        }
      });
      if (isBack) return;
    }
  }

  async function end(name: string): Promise<void> {
    const entry = entries.get(name);
    if (!entry) return;
    entry.ended.abort();
    const { live } = entry;
    entry.live = undefined;
    await live?.drain(DRAIN_MS).catch((error: unknown) => {
      log.warn("pipeline-drain-failed", { pipeline: name, message: messageOf(error) });
    });
  }

  function hold(revision: Revision, lastError: string | undefined, wanted: boolean): Entry {
    const ended = new AbortController();
    const entry = { revision, live: undefined, since: clock.now(), restarts: 0, lastError, wanted, ended };
    entries.set(revision.name, entry);
    return entry;
  }

  /** Old drains, new starts where it stopped; if it cannot, the old one goes on from there. */
  async function replace(revision: Revision): Promise<StartFailure | undefined> {
    const old = entries.get(revision.name);
    let isProbed = false;
    try {
      probe(revision);
      isProbed = true;
      await end(revision.name);
      await begin(revision);
      return undefined;
    } catch (error) {
      const message = messageOf(error);
      log.error("pipeline-not-started", { pipeline: revision.name, rev: revision.rev, message });
      if (old?.wanted && !isProbed) return { pipeline: revision.name, message };
      if (old?.wanted) {
        await begin(old.revision, old.restarts).catch((again: unknown) => {
          void bringBack(hold(old.revision, messageOf(again), true));
        });
      } else hold(revision, message, false);
      return { pipeline: revision.name, message };
    }
  }

  const seen = () => [...entries.values()];
  const healthOf = ({ live, lastError }: Entry): Health =>
    live?.health() ?? (lastError === undefined ? "starting" : "failed");
  return {
    async carryOut({ start: fresh, swap, stop, keep }) {
      const named = new Set([...keep, ...[...fresh, ...swap].map(({ name }) => name)]);
      for (const { revision, wanted } of seen())
        if (!wanted && !named.has(revision.name)) entries.delete(revision.name);
      const stopped = stop.map((name) =>
        inTurn(name, async () => {
          await end(name);
          entries.delete(name);
          return undefined;
        }),
      );
      const replaced = [...fresh, ...swap].map((revision) => inTurn(revision.name, () => replace(revision)));
      const results = await Promise.all([...stopped, ...replaced]);
      return results.filter((failure) => failure !== undefined);
    },
    insistOn(revision) {
      hold(revision, undefined, true);
      void inTurn(revision.name, () => begin(revision)).catch((error: unknown) => {
        log.error("pipeline-not-started", { pipeline: revision.name, rev: revision.rev, message: messageOf(error) });
        void bringBack(hold(revision, messageOf(error), true));
      });
    },
    async restart(name) {
      const entry = entries.get(name);
      if (!entry) return false;
      await inTurn(name, () => replace(entry.revision));
      return true;
    },
    running: () => seen().flatMap(({ wanted, revision }) => (wanted ? [revision] : [])),
    beats: () =>
      seen().map((entry) => ({
        n: entry.revision.name,
        r: entry.revision.rev,
        s: healthOf(entry),
        ...(entry.live?.beat() ?? { i: 0, o: 0, e: 0 }),
      })),
    states: () =>
      seen().map((entry) => ({
        name: entry.revision.name,
        rev: entry.revision.rev,
        health: healthOf(entry),
        since: new Date(entry.since).toISOString(),
        restarts: entry.restarts,
        ...(entry.lastError === undefined ? {} : { lastError: entry.lastError }),
      })),
    problems: () =>
      seen().flatMap(({ live, lastError, revision }) =>
        live
          ? [...live.problems()]
          : lastError === undefined
            ? []
            : [{ l: "e" as const, c: "pipeline-failed", m: `${revision.name}: ${lastError}`.slice(0, 300), n: 1 }],
      ),
    async stop() {
      await Promise.all([...entries.keys()].map((name) => inTurn(name, () => end(name))));
    },
  };
}
