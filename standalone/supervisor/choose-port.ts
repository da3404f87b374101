import { createServer } from "node:net";
import { join } from "node:path";
import { canListen, portPool } from "../cluster/network/free-port.ts";
import { StartFailure } from "../start-failure.ts";
import { readIfThere, writeAtomically } from "../write-file.ts";

const USUAL_PORT = 4600;

/**
 * The port of the API: what was asked for, else the one that this data directory had before. 0 picks a free one, once: clients
 * and the cells' agents keep the address.
 */
export async function choosePort(data: string, asked: number | undefined): Promise<number> {
  const file = join(data, "port.json");
  const before = portIn(readIfThere(file));
  const port = asked || before || (asked === 0 ? await portPool().take() : USUAL_PORT);
  const error = await tryListening(port);
  if (error === "EADDRINUSE")
    throw new StartFailure(
      `Port ${port} on 127.0.0.1 is taken by another program. End that one, or choose another with --port.`,
    );
  if (error) throw new StartFailure(`Port ${port} on 127.0.0.1 cannot be used (${error}). Choose another with --port.`);
  if (port !== before) writeAtomically(file, `${JSON.stringify({ port })}\n`);
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
