import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { parsePipeline } from "#core/model/pipeline/schema.ts";
import type { PipelineStart } from "../../../edge/engine/pipeline-start.ts";
import type { Policy } from "../../../edge/engine/policy.ts";
import type { RunningPipeline } from "../../../edge/engine/running.ts";
import { startPipeline } from "../../../edge/engine/start-pipeline.ts";
import type { Log } from "../../../edge/log.ts";

export const silent: Log = { error() {}, warn() {}, info() {}, debug() {}, setLevel() {} };

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A folder of its own for one test, with `in/`, `out/` and `state/`. */
export function aPlace() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "pipeline-")));
  for (const name of ["in", "out", "state"]) mkdirSync(join(root, name));
  cleanups.push(() => rmSync(root, { recursive: true, force: true }));
  return { root, in: join(root, "in"), out: join(root, "out"), state: join(root, "state") };
}
export type Place = ReturnType<typeof aPlace>;

export const allowing = (place: Place, more: Policy = {}): Policy => ({
  read: [`${place.root}/**`],
  write: [`${place.root}/**`],
  ...more,
});

/** Runs a document, given without `v` and `name`, that must pass the schema. */
export async function run(
  place: Place,
  fields: Record<string, unknown>,
  more: Partial<PipelineStart> = {},
): Promise<RunningPipeline> {
  const parsed = parsePipeline({ v: 1, name: "logs", ...fields });
  if (parsed.errors) throw new Error(JSON.stringify(parsed.errors));
  const pipeline = await startPipeline({
    document: parsed.document,
    name: "logs",
    rev: 1,
    node: { id: "nod_test", labels: { site: "here" } },
    stateDir: place.state,
    policy: allowing(place),
    log: silent,
    ...more,
  });
  cleanups.push(() => pipeline.stop());
  return pipeline;
}

export const linesOf = (path: string): string[] => readFileSync(path, "utf8").split("\n").slice(0, -1);
export const eventsOf = (path: string) => linesOf(path).map((line) => JSON.parse(line) as Record<string, unknown>);

export const deadLettersOf = (place: Place) => eventsOf(join(place.state, "logs", "dead-letters.jsonl"));
