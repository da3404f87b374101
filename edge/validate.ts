import { readFileSync } from "node:fs";
import type { InputError } from "#core/errors.ts";
import type { PipelineDocument } from "#core/model/pipeline/document.ts";
import { codeOf, Failure } from "./failure.ts";
import { parseYaml } from "./node-settings.ts";

/**
 * A pipeline document from a file, YAML or JSON, with every field and expression checked. The schemas are loaded here only:
 * a node that runs trusts what was checked and signed, and stays smaller for it.
 */
export async function readPipelineFile(path: string): Promise<PipelineDocument> {
  const value = await parseYaml(readText(path), path);
  const { parsePipeline } = await import("#core/model/pipeline/schema.ts");
  const parsed = parsePipeline(value);
  if (parsed.errors) throw wrong(path, parsed.errors);
  const { checkExpressions } = await import("#adapters/cel.ts");
  const errors = checkExpressions(parsed.document);
  if (errors.length > 0) throw wrong(path, errors);
  return parsed.document;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "it may not be read" }[
      codeOf(error)
    ];
    throw new Failure("refused", `Cannot read ${path}: ${why ?? codeOf(error)}.`, undefined, error);
  }
}

function wrong(path: string, errors: readonly InputError[]): Failure {
  const lines = errors.map((error) => `  ${error.path || "(the whole)"}: ${error.message}`);
  return new Failure("refused", `${path} is not a pipeline that can run:\n${lines.join("\n")}`);
}
