import { hostname } from "node:os";
import type { PipelineDocument } from "#core/model/pipeline/document.ts";
import { readIfThere } from "./atomic-file.ts";
import type { EngineClock } from "./engine/component.ts";
import type { Streams } from "./engine/components.ts";
import type { Policy } from "./engine/policy.ts";
import type { RunningPipeline } from "./engine/running.ts";
import { startPipeline } from "./engine/start-pipeline.ts";
import { Failure } from "./failure.ts";
import type { Log } from "./log.ts";
import { parseYaml } from "./node-settings.ts";

export interface LocalRun {
  /** The document, YAML or JSON. */
  readonly file: string;
  readonly stateDir: string;
  readonly policy: Policy;
  readonly log: Log;
  readonly labels?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly streams?: Streams;
  readonly clock?: EngineClock;
}

/** A document that passed the schema and whose expressions compile; throws with every field that is wrong. Loads zod. */
export async function readDocument(file: string): Promise<PipelineDocument> {
  const text = readIfThere(file);
  if (text === undefined) throw new Failure("refused", `${file} is not there.`);
  const [{ parsePipeline }, { checkExpressions }] = await Promise.all([
    import("#core/model/pipeline/schema.ts"),
    import("#adapters/cel.ts"),
  ]);
  const parsed = parsePipeline(await parseYaml(text, file));
  const errors = parsed.errors ?? checkExpressions(parsed.document);
  if (parsed.errors || errors.length > 0)
    throw new Failure(
      "refused",
      errors.map(({ path, message }) => `${file}: ${path || "the document"}: ${message}`).join("\n"),
    );
  return parsed.document;
}

/** Runs one document on this machine, by the engine that a connected node runs, with no control plane. */
export async function runLocal(run: LocalRun): Promise<RunningPipeline> {
  const document = await readDocument(run.file);
  const node = { id: hostname(), labels: run.labels ?? {} };
  return startPipeline({ ...run, document, name: document.name, rev: 0, node });
}
