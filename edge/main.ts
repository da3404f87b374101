import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, type Enrolment, readCommandLine } from "./command-line.ts";
import { chooseDataFolder, filesOf, isSystemFolderWritable, type NodeFiles, openDataFolder } from "./data-folder.ts";
import { codeOf, exitCodes, Failure } from "./failure.ts";
import { helpOn } from "./help.ts";
import type { Credentials } from "./identity.ts";
import { lockFolder } from "./lock.ts";
import { isLogLevel, jsonLog } from "./log.ts";
import { readNodeSettings } from "./node-settings.ts";
import { writePolicy } from "./policy-file.ts";
import { flagsOf } from "./profile.ts";
import { version } from "./version.ts";

/** After a second signal, or when something hangs at the end, nobody is made to wait longer. A drain takes 10 s at most. */
const PATIENCE_MS = 15_000;

const environment = {
  data: process.env.CELLPLANE_EDGE_DATA,
  token: process.env.CELLPLANE_EDGE_BOOTSTRAP_TOKEN,
  logLevel: process.env.CELLPLANE_EDGE_LOG ?? "",
};
// What is started from here has no business with it.
delete process.env.CELLPLANE_EDGE_BOOTSTRAP_TOKEN;

const log = jsonLog(
  (line) => process.stderr.write(line),
  Date.now,
  isLogLevel(environment.logLevel) ? environment.logLevel : undefined,
);

const folderOf = (option: string | undefined): string =>
  chooseDataFolder({
    option,
    environment: environment.data,
    home: homedir(),
    systemWritable: isSystemFolderWritable(),
  });

async function obey(command: Command): Promise<string> {
  switch (command.name) {
    case "help":
      return helpOn(command.topic);
    case "version":
      return `cellplane-edge ${version}\n`;
    case "bootstrap": {
      const files = openDataFolder(folderOf(command.data));
      const { identity } = await locked(files, () => enrolled(command, files));
      return `This machine is node ${identity.node} of workspace ${identity.workspace}. Next: cellplane-edge run\n`;
    }
    case "run": {
      await expectBoundedRegex();
      const files = openDataFolder(folderOf(command.data));
      await locked(files, async () => serve(files, await enrolled(command, files), command));
      return "";
    }
    case "run-local": {
      await expectBoundedRegex();
      const { runFile } = await import("./deps.ts");
      await runFile({ ...command, folder: folderOf(command.data), stop: stopSignal(), log });
      return "";
    }
    case "status": {
      const { describeNode, statusTable } = await import("./status.ts");
      const status = describeNode(filesOf(folderOf(command.data)), isAlive);
      return command.json ? `${JSON.stringify(status, undefined, 2)}\n` : statusTable(status);
    }
    case "leave": {
      const { leave } = await import("./leave.ts");
      const node = leave(filesOf(folderOf(command.data)), command.confirmed);
      return `This machine is no node any more. Delete ${node} in the network as well: cellplane nodes delete ${node}\n`;
    }
    case "validate": {
      const { readDocument } = await import("./run-local.ts");
      const { name } = await readDocument(command.file);
      return `${command.file}: pipeline ${name} can run\n`;
    }
  }
}

async function enrolled(command: Enrolment, files: NodeFiles): Promise<Credentials> {
  const settings = await readNodeSettings(files, {
    ...(command.nodeName === undefined ? {} : { name: command.nodeName }),
    labels: command.labels,
  });
  writePolicy(files.policy, command.allow);
  const { readCredentials } = await import("./identity.ts");
  const known = readCredentials(files);
  const { tokenFile } = command;
  const token = command.token ?? (tokenFile === undefined ? environment.token : readTokenFile(tokenFile, !!known));
  // A node that runs again and again needs nothing of what enrolling takes.
  if (known?.identity.status === "active" && token === undefined) return known;
  const { bootstrap } = await import("./bootstrap.ts");
  return bootstrap(
    { files, settings, token, tokenFile },
    { now: Date.now, sleep, progress: (line) => process.stderr.write(`${line}\n`) },
  );
}

function readTokenFile(path: string, isKnown: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // Removed when it was used: a service whose unit names it starts again without it.
    if (codeOf(error) === "ENOENT" && isKnown) return undefined;
    throw new Failure("usage", `Cannot read the token file ${path} (${codeOf(error)}).`, undefined, error);
  }
}

async function serve(files: NodeFiles, credentials: Credentials, command: Enrolment): Promise<void> {
  const { startNode } = await import("./deps.ts");
  const labels = { ...credentials.identity.labels, ...command.labels };
  const settings = await readNodeSettings(files, { labels: command.labels });
  await startNode({ files, credentials, labels: { ...labels, ...settings.labels }, log, stop: stopSignal() });
}

/** A pattern in a pipeline must not be able to block this process for ever. */
async function expectBoundedRegex(): Promise<void> {
  const { regexEngineIsLinear } = await import("#adapters/cel/pattern.ts");
  if (regexEngineIsLinear(performance.now.bind(performance))) return;
  throw new Failure(
    "refused",
    "This Node backtracks without bound in regular expressions, so one pattern could stop every pipeline.",
    `Start it as cellplane-edge, or give node the flags ${flagsOf("fast").join(" ")}.`,
  );
}

async function locked<T>(files: NodeFiles, act: () => Promise<T>): Promise<T> {
  const lock = lockFolder(files.lock);
  try {
    return await act();
  } finally {
    lock.release();
  }
}

/** Aborts at the first SIGTERM or Ctrl-C; the second ends the process at once. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(exitCodes.refused);
    stopping.abort();
    setTimeout(() => process.exit(exitCodes["timed-out"]), PATIENCE_MS).unref();
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  return stopping.signal;
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

async function main(): Promise<number> {
  try {
    process.stdout.write(await obey(readCommandLine(process.argv.slice(2))));
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`cellplane-edge: ${error.message}\n${error.next ? `${error.next}\n` : ""}`);
    return exitCodes[error.kind];
  }
}

// Timers and sockets that are left mean nothing once the work is done; what was written to a pipe must still arrive.
void main().then((code) => process.stdout.write("", () => process.exit(code)));
