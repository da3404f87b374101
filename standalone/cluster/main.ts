/**
 * The embedded cluster of one cell: `main.ts --data DIR --port N --token-file FILE --programs FILE`.
 *
 * Who starts it must give it, as stdin, the read end of a pipe or FIFO whose write end only the supervisor holds: the
 * lifeline. When that ends, the cluster ends every workload and itself; the workloads hold it too, so they end even if the
 * cluster was killed before. To keep the workloads over a kill of the cluster alone, every start must get the *same* pipe:
 * make a FIFO, open it read-write once (that is the write end; it does not block), open it read-only (blocking mode) and pass
 * that descriptor as `stdio[0]` each time. `stdio: "pipe"` of child_process is not enough: Node closes it when the child ends.
 *
 * FILE of `--programs` is JSON: image → command and first arguments; it is read anew for every start of a container. The token
 * file is made if it is missing. On stdout comes one line once it serves: `{"ready":true,"port":N}`; the log is on stderr.
 */
import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, fstatSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { systemClock } from "#adapters/world.ts";
import type { Log } from "#core/ports.ts";
import { startControllers } from "./controllers/workloads.ts";
import { openDatabase } from "./database.ts";
import { type Kubelet, startKubelet } from "./kubelet/kubelet.ts";
import { openMachine } from "./kubelet/machine.ts";
import { podKeyOf } from "./kubelet/pod.ts";
import { startTurns } from "./kubelet/start-turns.ts";
import { openForwarders } from "./network/forwarders.ts";
import { portPool } from "./network/free-port.ts";
import { keepDoors, serviceName, targetsOf } from "./network/routes.ts";
import { openObjects } from "./objects/objects.ts";
import type { Pod } from "./objects/shapes.ts";
import { clusterServer } from "./server.ts";

/** What workloads get to end by themselves when the whole cell ends: Ctrl-C must be over within 5 s. */
const LAST_GRACE_MS = 2_500;

const levels = ["debug", "info", "warn", "error"] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      port: { type: "string", default: "0" },
      "token-file": { type: "string" },
      programs: { type: "string" },
      "log-level": { type: "string", default: "warn" },
    },
  });
  const { data, "token-file": tokenFile, programs } = values;
  if (data === undefined || tokenFile === undefined || programs === undefined)
    throw new Error("usage: --data DIR --token-file FILE --programs FILE [--port N] [--log-level LEVEL]");
  const least = levels.indexOf(values["log-level"] as (typeof levels)[number]);
  const log: Log = (level, message, facts) => {
    if (levels.indexOf(level) < least) return;
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...facts })}\n`);
  };

  const database = openDatabase(data);
  const token = tokenOf(tokenFile);
  const objects = openObjects(database, systemClock, randomUUID);
  const ports = portPool();
  const isPod = (key: string) =>
    objects.list({ apiVersion: "v1", kind: "Pod" }).some((pod) => podKeyOf(pod as Pod) === key);
  let kubelet: Kubelet | undefined;
  const localPort = (pod: Pod, port: number | string) => kubelet?.localPort(pod, port);
  const forwarders = openForwarders(database, ports, (name) => targetsOf(objects, localPort, name), log);
  // The port before the workloads: a start that fails must not have touched one.
  const server = clusterServer({ objects, onDisk: database.onDisk, forwarders, token, log });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(Number(values.port), "127.0.0.1", resolve);
  });
  const machine = openMachine(
    {
      database,
      clock: systemClock,
      log,
      ports,
      folder: data,
      lifeline: { fd: 0, id: identityOf(0) },
      startTurns: startTurns(availableParallelism()),
      path: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
      program: (image) => programsOf(programs)[image],
      servicePort: (namespace, name, port) => forwarders.portOf(serviceName(namespace, name, port), namespace),
    },
    isPod,
  );
  keepDoors(objects, forwarders, (error) => log("warn", "a door stays shut", { why: String(error) }));
  kubelet = startKubelet(machine, objects);
  const stopControllers = startControllers(objects, systemClock, log);

  process.stdout.write(`${JSON.stringify({ ready: true, port: (server.address() as AddressInfo).port })}\n`);

  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    stopControllers();
    forwarders.close();
    server.closeAllConnections();
    server.close();
    kubelet
      ?.stop(LAST_GRACE_MS)
      .catch((error: unknown) => log("error", "a workload did not end cleanly", { why: String(error) }))
      .finally(() => {
        database.close();
        process.exit(0);
      });
  };
  onEndOfLifeline(end);
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

/**
 * A shell reads the lifeline for us: reading it here would make the pipe non-blocking for every workload that shares it, and a
 * blocking read would hold up our own exit.
 */
function onEndOfLifeline(act: () => void): void {
  const watcher = spawn("/bin/sh", ["-c", "trap '' INT TERM; while read -r _; do :; done"], {
    stdio: [0, "ignore", "ignore"],
    env: {},
  });
  watcher.once("exit", (_, signal) => (signal ? onEndOfLifeline(act) : act()));
  process.once("exit", () => watcher.kill("SIGKILL"));
}

/** Tells this pipe from every other: a new FIFO may get the inode of an old one, but not its birth. */
function identityOf(fd: number): string {
  const { dev, ino, birthtimeNs } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}

function tokenOf(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  return readFileSync(file, "utf8").trim();
}

const programsOf = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Record<string, readonly string[]>;

/** Nothing here can go on without its disk: say what is wrong in one line, and let the supervisor start us again. */
function fail(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${JSON.stringify({ level: "error", message: `the embedded cluster ends: ${why}` })}\n`);
  process.exit(1);
}

// Whoever reads our output may die before us; that must not keep us from ending the workloads.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
main().catch(fail);
