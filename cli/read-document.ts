import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** A file beside the working directory, as text. */
export function readText({ directory }: Pick<Terminal, "directory">, file: string): string {
  try {
    return readFileSync(resolve(directory, file), "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new Failure(
      "usage",
      missing ? `There is no file ${file}.` : `${file} cannot be read: ${(error as Error).message}`,
    );
  }
}

/** A YAML or JSON file as it is, so that the API judges it. */
export async function readDocument(terminal: Pick<Terminal, "directory">, file: string): Promise<unknown> {
  const text = readText(terminal, file);
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch (error) {
    throw new Failure("refused", `${file} cannot be read as YAML or JSON: ${(error as Error).message}`);
  }
}

/** The same where it must be an object. */
export async function readObject(
  terminal: Pick<Terminal, "directory">,
  file: string,
): Promise<Record<string, unknown>> {
  const document = await readDocument(terminal, file);
  if (typeof document === "object" && document !== null && !Array.isArray(document))
    return document as Record<string, unknown>;
  throw new Failure("refused", `${file} is not an object.`);
}
