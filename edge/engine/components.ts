import type { Readable, Writable } from "node:stream";
import type {
  Input as InputStep,
  Output as OutputStep,
  Processor as ProcessorStep,
} from "#core/model/pipeline/document.ts";
import type { CommitLine } from "./commit-line.ts";
import type { Fail, Input, Output, Processor, Surroundings } from "./component.ts";
import { fileInput } from "./inputs/file.ts";
import { generateInput } from "./inputs/generate.ts";
import { stdinInput } from "./inputs/stdin.ts";
import { fileOutput } from "./outputs/file.ts";
import { httpOutput } from "./outputs/http.ts";
import { stdoutOutput } from "./outputs/stdout.ts";
import { filter } from "./processors/filter.ts";
import { map } from "./processors/map.ts";
import { parse } from "./processors/parse.ts";
import type { Saver } from "./saver.ts";

/** The process's own streams, for the components that are about them. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
}

/** The one place that knows every component: a new one is a file, its schema, and a line here. */

export function openInput(step: InputStep, saved: unknown, around: Surroundings, streams: Streams): Input {
  if ("file" in step) return fileInput(step.file, saved, around);
  if ("generate" in step) return generateInput(step.generate, saved, around);
  if ("stdin" in step) return stdinInput(streams.stdin, around);
  throw new Error(`this version has no such input: ${keysOf(step)}`);
}

export function openProcessor(step: ProcessorStep, around: Surroundings, fail: Fail): Processor {
  if ("parse" in step) return parse(step.parse, fail);
  if ("filter" in step) return filter(step.filter, around, fail);
  if ("map" in step) return map(step.map, around, fail);
  throw new Error(`this version has no such processor: ${keysOf(step)}`);
}

export function openOutput(
  step: OutputStep,
  around: Surroundings,
  parts: { line: CommitLine; saver: Saver; fail: Fail; streams: Streams },
): Output {
  if ("file" in step) return fileOutput(step.id, step.file, around, parts);
  if ("stdout" in step) return stdoutOutput(step.stdout, parts.streams.stdout, around, parts.fail);
  if ("http" in step) return httpOutput(step.http, step.batch ?? {}, around, parts.fail);
  throw new Error(`this version has no such output: ${keysOf(step)}`);
}

/** What a step is called in counters, dead letters and messages. */
export function stageOf(step: ProcessorStep, index: number): string {
  const key = Object.keys(step).find((name) => name !== "id" && name !== "onError");
  return step.id ?? `processors[${index}].${key}`;
}

const keysOf = (step: object) => Object.keys(step).join(", ");
