import { createServer } from "node:net";
import { join } from "node:path";
import { canListen, portPool } from "../cluster/network/free-port.ts";
import { StartFailure } from "../start-failure.ts";
import { readIfThere, writeAtomically } from "../write-file.ts";

/** A port that clients know, and where a data directory remembers it. */
interface KnownPort {
  readonly file: string;
  readonly option: string;
  readonly usual: number;
}

const api: KnownPort = { file: "port.json", option: "--port", usual: 4600 };
const stepFunctions: KnownPort = { file: "sfn-port.json", option: "--sfn-port", usual: 4601 };

/** As given on the command line; 0 asks for a free one. */
export interface AskedPorts {
  readonly port: number | undefined;
  readonly sfnPort: number | undefined;
}

/**
 * The ports of the API and of Step Functions' API: what was asked for, else those that this data directory had before. 0 picks a
 * free one, once: clients and the cells' agents keep the address. Whoever moves the API away from its usual port has several on one
 * machine, so that Step Functions' then gets a free one too.
 */
export async function choosePorts(data: string, asked: AskedPorts): Promise<{ port: number; sfnPort: number }> {
  const pool = portPool();
  const port = await choose(data, api, asked.port, pool.take);
  pool.keep(port);
  const sfnAsked = asked.sfnPort ?? (port === api.usual ? undefined : 0);
  const sfnPort = await choose(data, stepFunctions, sfnAsked, pool.take);
  if (port === sfnPort) throw new StartFailure(`Port ${port} cannot serve both APIs. Choose another with --sfn-port.`);
  return { port, sfnPort };
}

async function choose(
  data: string,
  { file, option, usual }: KnownPort,
  asked: number | undefined,
  free: () => Promise<number>,
): Promise<number> {
  const path = join(data, file);
  const before = portIn(readIfThere(path));
  const port = asked || before || (asked === 0 ? await free() : usual);
  const error = await tryListening(port);
  if (error === "EADDRINUSE")
    throw new StartFailure(
      `Port ${port} on 127.0.0.1 is taken by another program. End that one, or choose another with ${option}.`,
    );
  if (error)
    throw new StartFailure(`Port ${port} on 127.0.0.1 cannot be used (${error}). Choose another with ${option}.`);
  if (port !== before) writeAtomically(path, `${JSON.stringify({ port })}\n`);
  return port;
}

/** Those given that are free, and others in place of those that are not. */
export async function stillFree(ports: readonly (number | undefined)[]): Promise<number[]> {
  const pool = portPool();
  for (const port of ports) if (port !== undefined) pool.keep(port);
  const chosen: number[] = [];
  for (const port of ports) chosen.push(port !== undefined && (await canListen(port)) ? port : await pool.take());
  return chosen;
}

function portIn(text: string | undefined): number | undefined {
  try {
    const { port } = JSON.parse(text ?? "{}") as { port?: unknown };
    return typeof port === "number" && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

function tryListening(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}
