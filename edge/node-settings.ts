import { readIfThere } from "./atomic-file.ts";
import type { NodeFiles } from "./data-folder.ts";
import { Failure } from "./failure.ts";

/** What the machine's owner says about this node, on the command line or in `<data>/config.yaml`. */
export interface NodeSettings {
  readonly name?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The configuration file with the command line over it. */
export async function readNodeSettings(files: NodeFiles, given: NodeSettings): Promise<NodeSettings> {
  const text = readIfThere(files.config);
  const file = text === undefined ? { labels: {} } : settingsOf(await parseYaml(text, files.config), files.config);
  const name = given.name ?? file.name;
  const labels = { ...file.labels, ...given.labels };
  checkLabels(labels);
  return { ...(name === undefined ? {} : { name }), labels };
}

export async function parseYaml(text: string, path: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch (error) {
    const [firstLine = ""] = error instanceof Error ? error.message.split("\n") : [];
    throw new Failure("refused", `${path} is not YAML: ${firstLine}`, "Correct the file, or remove it.", error);
  }
}

function settingsOf(value: unknown, path: string): NodeSettings {
  const wrong = (what: string) => new Failure("refused", `${path}: ${what}`, "It may hold `name` and `labels`.");
  if (value === null || value === undefined) return { labels: {} };
  if (typeof value !== "object" || Array.isArray(value)) throw wrong("it is not a map.");
  const { name, labels = {}, ...others } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`\`${unknown}\` is not known.`);
  if (name !== undefined && typeof name !== "string") throw wrong("`name` is not text.");
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) throw wrong("`labels` is not a map.");
  const texts = Object.entries(labels).map(([key, label]) => [key, String(label)] as const);
  return { ...(name === undefined ? {} : { name }), labels: Object.fromEntries(texts) };
}

/** `env=prod` → `["env", "prod"]`. */
export function labelOf(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new Failure("usage", `--label ${text}: a label is key=value, such as env=prod.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels);
  if (entries.length > 32) throw new Failure("usage", `A node has at most 32 labels; these are ${entries.length}.`);
  for (const [key, value] of entries)
    if (!/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/.test(key) || !/^[A-Za-z0-9._-]{0,63}$/.test(value))
      throw new Failure(
        "usage",
        `The label ${key}=${value} is not possible.`,
        "Keys and values are letters, digits, and . _ - inside (keys also /), at most 63 characters.",
      );
}
