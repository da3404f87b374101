import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Answer, call } from "../e2e/standalone.ts";
import { freePort } from "../free-port.ts";

const root = resolve(import.meta.dirname, "../..");

/** A control plane without cells, a process of its own outside of every cluster. */
export interface ControlPlane {
  readonly url: string;
  readonly key: string;
  /** A call with the admin key. */
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** Makes the record of a cell, and a join token for its agent. */
  readonly registerCell: (name: string) => Promise<{ id: string; joinToken: string }>;
  /** Without a word, as a machine dies. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** Listens where pods reach it, and looks at networks from outside as a visitor of their cells does. */
export async function aControlPlane(options: {
  folder: string;
  hostIp: string;
  visitor: Record<string, string>;
}): Promise<ControlPlane> {
  const data = join(options.folder, "control-plane");
  mkdirSync(data, { recursive: true });
  const log = openSync(join(options.folder, "control-plane.log"), "a");
  let child: ReturnType<typeof begin> | undefined;
  // Chosen beforehand: who signs network tokens is known by this address from the first start on.
  const port = await freePort(options.hostIp);
  const url = `http://${options.hostIp}:${port}`;

  const begin = () =>
    spawn(process.execPath, [join(root, "standalone/control-plane.ts")], {
      cwd: root,
      stdio: ["pipe", "pipe", log],
      env: {
        ...process.env,
        ...options.visitor,
        CELLPLANE_DATA: data,
        PORT: String(port),
        LISTEN_HOST: options.hostIp,
        LOG_LEVEL: "info",
      },
    });
  async function start(): Promise<void> {
    const started = begin();
    child = started;
    await new Promise<void>((done, fail) => {
      let said = "";
      started.stdout?.on("data", (text: Buffer) => {
        said += text;
        if (said.includes('"listening"')) done();
      });
      started.once("exit", (code) => fail(new Error(`the control plane ended with ${code}: see ${options.folder}`)));
    });
  }
  await start();
  const key = readFileSync(join(data, "admin-key"), "utf8").trim();
  const ask: ControlPlane["call"] = (method, path, body, headers = {}) =>
    call(`${url}${path}`, { method, body, headers: { authorization: `Bearer ${key}`, ...headers } });

  return {
    url,
    key,
    call: ask,
    async registerCell(name) {
      const { status, json } = await ask("POST", "/v1/cells", { name, region: "local" });
      if (status !== 201) throw new Error(`the cell was refused: ${JSON.stringify(json)}`);
      return { id: json.cell.id, joinToken: json.joinToken };
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
    start,
  };
}
