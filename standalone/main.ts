import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cacheFolder } from "./bundle.ts";
import { help, type Options, readOptions } from "./options.ts";
import { lineOf } from "./start-failure.ts";
import { choosePorts } from "./supervisor/choose-port.ts";
import { type DataFolder, openDataFolder } from "./supervisor/data-folder.ts";
import { awaitEndOfEarlierRun } from "./supervisor/endpoints.ts";
import { prepare } from "./supervisor/prepare-programs.ts";
import { type Supervisor, supervise } from "./supervisor/supervisor.ts";

/** What goes on from our environment to the processes that we start: nothing that could be a secret. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "TMPDIR",
  "LOG_LEVEL",
  "CELLPLANE_OIDC_ISSUER",
  "CELLPLANE_OIDC_AUDIENCE",
  "CELLPLANE_OIDC_PLATFORM_AUDIENCE",
  "CELLPLANE_CONSOLE_ORIGINS",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/** The API's reference for browsers, one script; found here, because bundles lie where no packages are. */
const referenceScript = join(
  dirname(createRequire(import.meta.url).resolve("@scalar/api-reference")),
  "browser/standalone.js",
);

/** Ctrl-C reaches us twice when npm started us: from the terminal, and passed on by npm. */
const SAME_CTRL_C_MS = 300;

const PARENT_LOOK_MS = 250;

/** `npm start`: everything on one machine. Exit codes: 0 ended on request, 1 could not start, 2 usage. */
async function main(): Promise<void> {
  const commandLine = readOptions(process.argv.slice(2), process.env);
  if (commandLine.kind === "help") {
    process.stdout.write(help);
    return;
  }
  if (commandLine.kind === "usage") {
    process.stderr.write(`${commandLine.message}\n\n${help}`);
    process.exit(2);
  }

  let supervisor: Supervisor | undefined;
  let folder: DataFolder | undefined;
  let askedAt: number | undefined;
  const end = () => {
    const now = performance.now();
    if (askedAt === undefined) {
      askedAt = now;
      void stop(supervisor, folder);
      return;
    }
    if (now - askedAt < SAME_CTRL_C_MS) return;
    supervisor?.kill();
    process.exit(0);
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  if (process.env.npm_lifecycle_event === "start") onEndOfParent(end);

  try {
    folder = openDataFolder(commandLine.options.data);
    supervisor = await start(commandLine.options, folder);
    await supervisor.ready;
    process.stdout.write(`cellplane ready at ${supervisor.url}\n`);
  } catch (error) {
    if (askedAt !== undefined) return;
    askedAt = performance.now();
    process.stderr.write(`${lineOf(error)}\n`);
    supervisor?.kill();
    process.exit(1);
  }
}

/** npm that is killed cannot pass it on. Whoever gets us then is not who started us. */
function onEndOfParent(act: () => void): void {
  const { ppid } = process;
  const watch = setInterval(() => {
    if (process.ppid === ppid) return;
    clearInterval(watch);
    act();
  }, PARENT_LOOK_MS);
  watch.unref();
}

async function start({ cells, ...asked }: Options, { path: data }: DataFolder): Promise<Supervisor> {
  const { env } = process;
  await awaitEndOfEarlierRun(data);
  const ports = await choosePorts(data, asked);
  const prepared = await prepare({ data, cacheDir: cacheFolder(env, homedir()), path: env.PATH ?? "", say });
  const passedOn = PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  return supervise({
    data,
    ...ports,
    cells,
    ...prepared,
    environment: {
      ...Object.fromEntries(passedOn),
      NODE_COMPILE_CACHE: prepared.compileCache,
      CELLPLANE_REFERENCE_SCRIPT: referenceScript,
    },
    say,
  });
}

async function stop(supervisor: Supervisor | undefined, folder: DataFolder | undefined): Promise<void> {
  await supervisor?.stop();
  folder?.release();
  process.exit(0);
}

const say = (line: string) => process.stderr.write(`${line}\n`);

await main();
