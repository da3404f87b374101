import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The oldest Node that our programs run on; this file and its callers run on 20. */
const MAJOR = 24;

/**
 * Calls `act` if this Node is new enough; else runs the same command line again by the Node that came with this package, and
 * ends as that does.
 */
export async function onNewNode(act) {
  if (Number(process.versions.node.split(".")[0]) >= MAJOR) return act();
  const node = ownNode();
  if (!node) {
    process.stderr.write(
      `Node ${MAJOR} is needed, and this is ${process.versions.node}. Run npm ci, or install Node ${MAJOR}.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // Who is killed cannot pass it on: a shell that reads our pipe kills the child when we are gone.
  const guard = spawn("/bin/sh", ["-c", 'read -r word; [ "$word" = done ] || kill -9 "$0"', String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.stdin.on("error", () => {});
  guard.on("error", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // The terminal sends Ctrl-C to the child as well; a program that sends it sends it to us alone.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY && !process.stderr.isTTY) child.kill("SIGINT");
  });
  child.on("error", (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    guard.stdin.end("done\n");
    if (signal === null) process.exit(code ?? 1);
    for (const name of ["SIGTERM", "SIGHUP", "SIGINT"]) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function ownNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json");
    const node = join(dirname(manifest), "bin", "node");
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

/** The bundle of a program, made if the cache lacks it, with progress on stderr. */
export async function bundleOf(name) {
  const [{ bundlesOf, cacheFolder }, { lineOf }, { homedir }] = await Promise.all([
    import("../standalone/bundle.ts"),
    import("../standalone/start-failure.ts"),
    import("node:os"),
  ]);
  try {
    const { files, folder } = await bundlesOf([name], {
      cacheDir: cacheFolder(process.env, homedir()),
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    return { file: files[name], compileCache: join(folder, "compiled") };
  } catch (error) {
    process.stderr.write(`${lineOf(error)}\n`);
    process.exit(1);
  }
}
