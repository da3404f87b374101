import { execFile, spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { withFileLock } from "../file-lock.ts";

/** The version we fetch, and the oldest we take: before it, a reload drops clients that sign in with an nkey. */
export const NATS_SERVER_VERSION = "2.15.2";
const MODULE = `github.com/nats-io/nats-server/v2@v${NATS_SERVER_VERSION}`;

/** No broker, and no way to get one. The message names the choices. */
export class NatsServerMissing extends Error {}

export interface FindNatsServer {
  /** Where programs are looked for, as in the environment's `PATH`. */
  readonly path: string;
  /** The cache of this user, such as `~/.cache/cellplane`. */
  readonly cacheDir: string;
  /** A line for people while it is fetched, which takes 30 to 90 s. */
  readonly onProgress: (line: string) => void;
  /** What `go` runs with: its proxy, its caches. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * The path of a `nats-server` that is new enough: of `PATH`, else of the cache, else fetched into the cache with `go
 * install`, which verifies it by the module checksum database. Never fetches twice at once, also across processes.
 */
export async function findNatsServer({
  path,
  cacheDir,
  onProgress,
  environment = process.env,
}: FindNatsServer): Promise<string> {
  const installed = await inPath(path);
  if (installed.program) return installed.program;

  const folder = join(cacheDir, "nats-server", NATS_SERVER_VERSION);
  const cached = join(folder, "nats-server");
  if (existsSync(cached)) return cached;

  const go = programsIn(path, "go")[0];
  if (!go) throw new NatsServerMissing(choices(installed.found));

  const lock = join(cacheDir, "nats-server", "lock");
  return withFileLock(
    lock,
    async () => {
      if (existsSync(cached)) return cached;
      onProgress(
        `Fetching nats-server ${NATS_SERVER_VERSION} with go install; this happens once and takes a minute or two.`,
      );
      await install({ go, folder, environment });
      onProgress(`nats-server ${NATS_SERVER_VERSION} is in the cache.`);
      return cached;
    },
    () => onProgress("Waiting for another process that is fetching nats-server."),
  );
}

/** The first new enough one of PATH; `found` says what was there instead. */
async function inPath(path: string): Promise<{ program?: string; found?: string }> {
  let found: string | undefined;
  for (const program of programsIn(path, "nats-server")) {
    const version = await versionOf(program);
    if (version && isNewEnough(version)) return { program };
    found ??= `${program} is ${version ?? "of an unknown version"}`;
  }
  return found === undefined ? {} : { found };
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: 5_000 });
    return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** True for `NATS_SERVER_VERSION` and everything after it. */
export function isNewEnough(version: string): boolean {
  const wanted = NATS_SERVER_VERSION.split(".").map(Number);
  const given = version.split(".").map(Number);
  const differing = wanted.findIndex((part, at) => part !== given[at]);
  return differing < 0 || (given[differing] ?? 0) > (wanted[differing] ?? 0);
}

const programsIn = (path: string, name: string): string[] =>
  path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .filter((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** Installs beside the cache folder and renames at the end, so that a killed fetch leaves nothing that looks whole. */
async function install({ go, folder, environment }: { go: string; folder: string; environment: NodeJS.ProcessEnv }) {
  mkdirSync(join(folder, ".."), { recursive: true });
  const partial = mkdtempSync(`${folder}.partial-`);
  try {
    await run(go, ["install", MODULE], { ...environment, GOBIN: partial });
    if (!existsSync(join(partial, "nats-server")))
      throw new NatsServerMissing(`go install ${MODULE} made no nats-server.`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => {
      said = `${said}${text}`.slice(-2_000);
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0
        ? resolve()
        : reject(new NatsServerMissing(`Fetching nats-server failed: ${said.trim()}\n${choices(undefined)}`)),
    );
  });
}

const choices = (found: string | undefined): string =>
  [
    `nats-server ${NATS_SERVER_VERSION} or newer is needed${found ? `, but ${found}` : ""}. Either`,
    `  - put nats-server ${NATS_SERVER_VERSION} or newer into PATH (https://github.com/nats-io/nats-server/releases), or`,
    "  - install Go 1.24 or newer (https://go.dev/dl): it is then fetched and built once by itself.",
  ].join("\n");
