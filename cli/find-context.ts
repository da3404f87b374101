import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** Whom to talk to, and as whom. */
export interface Context {
  readonly url: string;
  readonly key: string;
  readonly network: string | undefined;
  readonly workspace: string | undefined;
}

const SOURCES =
  "Set CELLPLANE_URL and CELLPLANE_KEY, or write a context file, or run `npm start` here: `cellplane --help` says how.";

/**
 * The first that is there: `CELLPLANE_URL` and `CELLPLANE_KEY`; the context file; `./.cellplane` (or `CELLPLANE_DATA`) of a running
 * `npm start`.
 */
export function findContext(terminal: Pick<Terminal, "environment" | "directory" | "home">): Context {
  const { environment } = terminal;
  const { CELLPLANE_URL: url, CELLPLANE_KEY: key } = environment;
  if (Boolean(url) !== Boolean(key))
    throw new Failure("usage", `${url ? "CELLPLANE_KEY" : "CELLPLANE_URL"} is not set, and the other one is.`, SOURCES);
  const found = url && key ? { url, key } : (fromFile(terminal) ?? fromRunning(terminal));
  if (!found) throw new Failure("usage", "It is not known which control plane is meant.", SOURCES);
  if (!URL.canParse(found.url)) throw new Failure("usage", `${found.url} is not a URL.`, SOURCES);
  return {
    network: environment.CELLPLANE_NETWORK || undefined,
    workspace: environment.CELLPLANE_WORKSPACE || undefined,
    ...found,
  };
}

type Found = Pick<Context, "url" | "key"> & Partial<Pick<Context, "network" | "workspace">>;

function fromFile({ environment, home }: Pick<Terminal, "environment" | "home">): Found | undefined {
  const { CELLPLANE_CONTEXT: named, XDG_CONFIG_HOME: config } = environment;
  const file = named || join(config || join(home, ".config"), "cellplane", "context.json");
  const text = read(file);
  if (text === undefined) {
    if (named) throw new Failure("usage", `There is no context file ${named} (CELLPLANE_CONTEXT).`);
    return undefined;
  }
  const { url, key, network, workspace } = json(text, file);
  if (typeof url !== "string" || typeof key !== "string")
    throw new Failure("usage", `${file} must be JSON with "url" and "key".`);
  return {
    url,
    key,
    ...(typeof network === "string" ? { network } : {}),
    ...(typeof workspace === "string" ? { workspace } : {}),
  };
}

function fromRunning({ environment, directory }: Pick<Terminal, "environment" | "directory">): Found | undefined {
  const data = resolve(directory, environment.CELLPLANE_DATA || ".cellplane");
  const file = join(data, "endpoints.json");
  const text = read(file);
  const key = read(join(data, "admin-key"))?.trim();
  if (text === undefined || !key) return undefined;
  const { controlPlane } = json(text, file) as { controlPlane?: { url?: string } };
  return controlPlane?.url ? { url: controlPlane.url, key } : undefined;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw new Failure("usage", `${file} cannot be read: ${(error as Error).message}`);
  }
}

function json(text: string, file: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Failure("usage", `${file} is not JSON.`);
  }
}
