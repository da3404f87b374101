import { readIfThere, writeAtomically } from "./atomic-file.ts";
import { Failure } from "./failure.ts";
import { parseYaml } from "./node-settings.ts";

/** What the machine's owner lets pipelines touch beyond the defaults: globs of files, and `host:port` to dial. */
export interface Allowance {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly dial: readonly string[];
}

const kinds = ["read", "write", "dial"] as const;

/**
 * Writes what the command line allows, once. Nothing that comes over a network ever reaches this function, and a policy
 * that is there stays unless this command line names a new one.
 */
export function writePolicy(path: string, allow: Allowance): void {
  for (const entry of allow.dial)
    if (!/^(\[[0-9a-f:]+\]|[^\s:]+):(\d{1,5}|\*)$/i.test(entry))
      throw new Failure("usage", `--allow-dial ${entry}: write HOST:PORT, such as logs.example.com:8443.`);
  for (const entry of [...allow.read, ...allow.write])
    if (!entry.startsWith("/")) throw new Failure("usage", `${entry}: allow absolute paths, such as /srv/logs/**.`);
  if (readIfThere(path) !== undefined && kinds.every((kind) => allow[kind].length === 0)) return;
  writeAtomically(path, policyText(allow));
}

export function policyText(allow: Allowance): string {
  const lines = kinds.map((kind) => `  ${kind}: ${JSON.stringify(allow[kind])}`);
  return [
    "# What pipelines on this machine may touch. Only this machine's owner changes it; nothing from outside can.",
    "# Left out, the defaults hold: read /var/log/**, write the node's state folder, dial public addresses on 443.",
    "allow:",
    ...lines,
    "",
  ].join("\n");
}

/** The policy, strict: a misspelt word must not open or close anything silently. */
export async function readPolicy(path: string): Promise<Partial<Allowance>> {
  const text = readIfThere(path);
  if (text === undefined) return {};
  const wrong = (what: string) =>
    new Failure("refused", `${path}: ${what}`, "It holds `allow:` with lists `read`, `write` and `dial`.");
  const value = asWritten(text) ?? (await parseYaml(text, path));
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw wrong("it is not a map.");
  const { allow = {}, ...others } = value as Record<string, unknown>;
  if (Object.keys(others).length > 0) throw wrong(`\`${Object.keys(others)[0]}\` is not known.`);
  if (typeof allow !== "object" || allow === null || Array.isArray(allow)) throw wrong("`allow` is not a map.");
  const entries = Object.entries(allow as Record<string, unknown>).map(([kind, list]) => {
    if (!kinds.some((known) => known === kind)) throw wrong(`\`allow.${kind}\` is not known.`);
    if (!Array.isArray(list) || !list.every((item) => typeof item === "string"))
      throw wrong(`\`allow.${kind}\` is not a list of texts.`);
    return [kind, list as string[]] as const;
  });
  // An empty list says nothing, so that a file written with only one kind filled keeps the other defaults.
  return Object.fromEntries(entries.filter(([, list]) => list.length > 0)) as Partial<Allowance>;
}

/** The file as `policyText` wrote it, read without the YAML library, which costs a running node 3 MB; `undefined` once it was edited. */
function asWritten(text: string): object | undefined {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const [, ...lists] =
    /^allow:\n {2}read: (\[.*\])\n {2}write: (\[.*\])\n {2}dial: (\[.*\])\n$/.exec(lines.join("\n")) ?? [];
  try {
    const [read, write, dial]: unknown[] = lists.map((list) => JSON.parse(list));
    return lists.length === 3 ? { allow: { read, write, dial } } : undefined;
  } catch {
    return undefined;
  }
}
