import type { Attempt, DesiredDocument, GenerationHash, Heartbeat, Reported } from "#core/messages.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import type { Clock } from "#core/ports/world.ts";
import type { NodeFiles } from "./data-folder.ts";
import type { resourceMeter } from "./facts.ts";
import type { Identity } from "./identity.ts";
import { judgeDesired } from "./judge-desired.ts";
import { isLogLevel, type Log } from "./log.ts";
import { nextHeartbeat, shownBy } from "./next-heartbeat.ts";
import { after, appliedOf, type NodeMemory, recall, remember } from "./node-memory.ts";
import type { PipelineBodies } from "./pipeline-bodies.ts";
import type { PipelineSet } from "./pipeline-set.ts";
import { describePlan, planPipelines, type Revision } from "./plan-pipelines.ts";
import type { RecentProblems } from "./recent-problems.ts";

/** Fetches a body by its hash; `undefined` when there is none. Throws when nobody answered, which says nothing about it. */
export type FetchBody = (sha256: string) => Promise<string | undefined>;

/** What runs on this node and what it has to say about it, whether connected or not. */
export interface NodeRuntime {
  /** Starts the last good set, with no network. */
  boot(): void;
  /** Judges a document and applies it if it may be. True when something was tried, so that it is worth reporting. */
  take(value: unknown, identity: Identity, fetchBody: FetchBody): Promise<boolean>;
  heartbeat(session: string, options: { fullEvery: number; full: boolean }): Heartbeat;
  reported(): Reported;
  applied(): (GenerationHash & { at: string }) | null;
  seen(): GenerationHash | null;
  labels(): Readonly<Record<string, string>>;
  readonly pipelines: PipelineSet;
  readonly problems: RecentProblems;
}

export function nodeRuntime(parts: {
  files: NodeFiles;
  bodies: PipelineBodies;
  pipelines: PipelineSet;
  problems: RecentProblems;
  resources: ReturnType<typeof resourceMeter>;
  clock: Clock;
  log: Log;
  /** Told before a pipeline starts, because an expression may read them. */
  setLabels(labels: Readonly<Record<string, string>>): void;
  labels: Readonly<Record<string, string>>;
}): NodeRuntime {
  const { files, bodies, pipelines, problems, resources, clock, log } = parts;
  let memory: NodeMemory = recall(files.memory);
  let labels = memory.labels ?? parts.labels;
  parts.setLabels(labels);
  let seq = 0;
  let lastShown = "";
  /** Documents are taken one after the other. */
  let turn: Promise<unknown> = Promise.resolve();

  function relabel(newest: Readonly<Record<string, string>>): void {
    labels = newest;
    memory = { ...memory, labels };
    parts.setLabels(labels);
  }

  async function apply(document: DesiredDocument, fetchBody: FetchBody): Promise<void> {
    const isRelabelled = document.labels !== undefined && canonicalJson(document.labels) !== canonicalJson(labels);
    if (document.labels) relabel(document.labels);
    const readsNode = ({ sha256 }: Revision) => bodies.get(sha256)?.includes("node.") ?? false;
    const plan = planPipelines(pipelines.running(), document.pipelines, isRelabelled ? readsNode : undefined);
    log.info("applying", { gen: document.gen, plan: describePlan(plan) });
    if (isLogLevel(document.settings.logLevel)) log.setLevel(document.settings.logLevel);

    const inline = new Map(document.pipelines.map(({ sha256, inline: body }) => [sha256, body]));
    const lacking = await fetchMissing([...plan.start, ...plan.swap], inline, fetchBody);
    const isHere = ({ name }: Revision) => !lacking.has(name);
    const failures = [
      ...[...lacking].map((pipeline) => ({
        pipeline,
        message: "its content is not to be had, or is not what was signed",
      })),
      ...(await pipelines.carryOut({ ...plan, start: plan.start.filter(isHere), swap: plan.swap.filter(isHere) })),
    ];
    const [failure] = failures;
    const attempt: Attempt = {
      gen: document.gen,
      hash: document.hash,
      result: failure ? "failed" : "applied",
      code: failure ? "pipeline-not-started" : "",
      msg: failures
        .map(({ pipeline, message }) => `${pipeline}: ${message}`)
        .join("; ")
        .slice(0, 1000),
      at: new Date(clock.now()).toISOString(),
      ...(failure ? { pipeline: failure.pipeline } : {}),
    };
    memory = after(memory, { attempt, running: pipelines.running() });
    remember(files.memory, memory);
    bodies.prune(new Set(memory.good.flatMap((set) => set.pipelines.map(({ sha256 }) => sha256))));
    problems.settle("desired-not-applied");
    if (failure) problems.note("e", "desired-not-applied", attempt.msg);
  }

  async function fetchMissing(
    revisions: readonly Revision[],
    inline: ReadonlyMap<string, unknown>,
    fetchBody: FetchBody,
  ): Promise<Set<string>> {
    const lacking = new Set<string>();
    for (const { name, sha256 } of revisions) {
      if (bodies.get(sha256) !== undefined) continue;
      const within = inline.get(sha256);
      const text = within === undefined ? await fetchBody(sha256) : canonicalJson(within);
      if (text === undefined || !bodies.keep(sha256, text)) lacking.add(name);
    }
    return lacking;
  }

  async function judgeAndApply(value: unknown, identity: Identity, fetchBody: FetchBody): Promise<boolean> {
    const judged = judgeDesired(value, identity, memory.seen);
    if (judged.verdict === "known") return false;
    if (judged.verdict === "ignore") {
      log.warn(judged.code, { why: judged.why });
      problems.note("w", judged.code, judged.why);
      return false;
    }
    await apply(judged.document, fetchBody);
    return true;
  }

  return {
    boot() {
      const [newest, older] = memory.good;
      for (const revision of newest?.pipelines ?? []) {
        const before = older?.pipelines.find(({ name }) => name === revision.name);
        pipelines.insistOn(bodies.get(revision.sha256) === undefined && before ? before : revision);
      }
    },
    take(value, identity, fetchBody) {
      const act = () => judgeAndApply(value, identity, fetchBody);
      const mine = turn.then(act, act);
      turn = mine;
      return mine;
    },
    heartbeat(session, { fullEvery, full }) {
      const shown = {
        applied: appliedOf(memory),
        pipelines: pipelines.beats(),
        problems: [...problems.newest(), ...pipelines.problems()].slice(0, 5),
      };
      const moment = { session, seq, now: clock.now(), resources: resources(), fullEvery, ...shown };
      const beat = nextHeartbeat({ ...moment, lastShown: full ? "" : lastShown });
      if (beat.f) lastShown = shownBy(shown);
      seq++;
      return beat;
    },
    reported: () => ({
      gen: memory.seen?.gen ?? 0,
      applied: appliedOf(memory),
      ...(memory.attempt ? { attempt: memory.attempt } : {}),
      pipelines: pipelines.states(),
    }),
    applied: () => appliedOf(memory),
    seen: () => memory.seen ?? null,
    labels: () => labels,
    pipelines,
    problems,
  };
}
