import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { limitDefaults, type OnError, type PipelineDocument } from "#core/model/pipeline/document.ts";
import { bytesOf } from "#core/model/pipeline/sizes.ts";
import { CommitLine } from "./commit-line.ts";
import { defaultOnError, type EngineClock, type Fail, type Surroundings } from "./component.ts";
import { openInput, openOutput, openProcessor, stageOf } from "./components.ts";
import { DeadLetters } from "./dead-letters.ts";
import { failureRule } from "./failure-rule.ts";
import { Flow } from "./flow.ts";
import type { PipelineStart } from "./pipeline-start.ts";
import { router } from "./router.ts";
import { type RunningPipeline, running } from "./running.ts";
import { Saver } from "./saver.ts";

/**
 * Compiles and opens everything, and only then reads the first byte: what cannot run here throws, with a sentence, and
 * leaves nothing open. It goes on where this name was committed, whatever revision that was.
 */
export async function startPipeline(start: PipelineStart): Promise<RunningPipeline> {
  const { document, name, rev, clock = systemClock, log } = start;
  mkdirSync(join(start.stateDir, name), { recursive: true, mode: 0o700 });
  const folder = realpathSync(join(start.stateDir, name));
  const flow = new Flow({
    line: new CommitLine(),
    clock,
    inFlightBytes: bytesOf(document.limits?.inFlight ?? limitDefaults.inFlight),
  });
  const around: Surroundings = {
    pipeline: name,
    node: start.node,
    folder,
    policy: start.policy,
    log,
    clock,
    eventBytes: bytesOf(document.limits?.eventBytes ?? limitDefaults.eventBytes),
    inFlightBytes: flow.inFlightBytes,
    secrets: start.secrets ?? {},
    problem(level, code, message) {
      flow.problems.note(level, code, message);
      log.debug("pipeline-problem", { pipeline: name, code, message });
    },
    fail: (error) => flow.fail(error),
  };
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(part: T): T => {
    opened.push(part);
    return part;
  };
  try {
    const saver = new Saver({
      path: join(folder, "checkpoint.json"),
      line: flow.line,
      saved: () => flow.wake(),
      positions: () => Object.fromEntries(inputs.map(({ step, input }) => [step.id, input.position()])),
      failed: (error) =>
        around.problem("e", "checkpoint-not-written", error instanceof Error ? error.message : String(error)),
    });
    const inputs: { step: PipelineDocument["inputs"][number]; input: ReturnType<typeof openInput> }[] = [];
    const dead = keep(new DeadLetters({ folder, rev, line: flow.line, saver }));
    const failing = (stage: string, onError: OnError = defaultOnError): Fail =>
      failureRule(stage, onError, { flow, dead, around });

    const processors = (document.processors ?? []).map((step, index) =>
      openProcessor(step, around, failing(stageOf(step, index), step.onError)),
    );
    const streams = start.streams ?? { stdin: process.stdin, stdout: process.stdout };
    const destinations = document.outputs.map((step) => {
      const fail = failing(step.id, step.onError);
      return { step, fail, output: keep(openOutput(step, around, { line: flow.line, saver, fail, streams })) };
    });
    for (const step of document.inputs)
      inputs.push({ step, input: keep(openInput(step, saver.before.inputs[step.id], around, streams)) });

    flow.connect({
      saver,
      processors,
      deliver: router(document, destinations, around, failing("unmatched")),
      refuse: (input) => failing(`inputs.${input}`),
      eventBytes: around.eventBytes,
    });
    return await running({ start, clock, flow, saver, inputs, destinations, close: () => closeAll(opened) });
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

function closeAll(opened: { close(): void }[]): void {
  for (const part of opened.splice(0).reverse()) part.close();
}

export const systemClock: EngineClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener("abort", done);
    }),
  random: Math.random,
};
