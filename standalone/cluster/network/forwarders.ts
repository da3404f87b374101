import { connect, createServer, type Server, type Socket } from "node:net";
import { Refusal } from "#core/errors.ts";
import type { Log } from "#core/ports.ts";
import type { Database, ForwardRecord } from "../database.ts";
import type { PortPool } from "./free-port.ts";

/** How soon a port that another program holds is tried again. */
const RETRY_MS = 1_000;

/** Local ports to connect to, best first, asked for each new connection. */
export type TargetsOf = (name: string) => readonly number[];

/** Doors of this cell: each name has one local port, for as long as its namespace lives. */
export interface Forwarders {
  /** The port of `name`, allocated now if it has none. Refused as `unavailable` while another program holds that port. */
  portOf(name: string, namespace: string | undefined): Promise<number>;
  /** Closes and forgets all that belong to the namespace. */
  release(namespace: string): void;
  close(): void;
}

interface Forward extends ForwardRecord {
  readonly server: Server;
  listening: boolean;
}

/** Opens again what the database knows; new connections go where `targetsOf` says at that moment, established ones stay. */
export function openForwarders(database: Database, ports: PortPool, targetsOf: TargetsOf, log: Log): Forwarders {
  const forwards = new Map<string, Forward>();
  const opening = new Map<string, Promise<number>>();
  const sockets = new Set<Socket>();
  let closed = false;

  function open(record: ForwardRecord): Promise<boolean> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      forward(socket, targetsOf(record.name));
    });
    const entry: Forward = { ...record, server, listening: false };
    forwards.set(record.name, entry);
    ports.keep(record.port);
    return listen(entry);
  }

  function listen(entry: Forward): Promise<boolean> {
    return new Promise((resolve) => {
      entry.server.once("error", (error: NodeJS.ErrnoException) => {
        log("warn", "a port of this cell is held by another program", {
          name: entry.name,
          port: entry.port,
          why: error.code,
        });
        setTimeout(() => {
          if (!closed && forwards.get(entry.name) === entry) void listen(entry);
        }, RETRY_MS).unref();
        resolve(false);
      });
      entry.server.listen(entry.port, "127.0.0.1", () => {
        entry.server.removeAllListeners("error");
        entry.server.on("error", (error) =>
          log("warn", "a forwarder failed", { name: entry.name, why: String(error) }),
        );
        entry.listening = true;
        resolve(true);
      });
    });
  }

  async function allocate(name: string, namespace: string | undefined): Promise<number> {
    const port = await ports.take();
    const record = { name, namespace, port };
    database.forwards.put(record);
    await open(record);
    return port;
  }

  function drop(entry: Forward): void {
    entry.server.close();
    forwards.delete(entry.name);
    database.forwards.delete(entry.name);
    ports.giveBack(entry.port);
  }

  for (const record of database.forwards.all()) void open(record);

  return {
    async portOf(name, namespace) {
      const known = forwards.get(name);
      if (!known) {
        const pending = opening.get(name) ?? allocate(name, namespace).finally(() => opening.delete(name));
        opening.set(name, pending);
        return pending;
      }
      if (known.namespace === undefined && namespace !== undefined) {
        const { port } = known;
        forwards.set(name, Object.assign(known, { namespace }));
        database.forwards.put({ name, namespace, port });
      }
      if (!known.listening)
        throw new Refusal(
          "unavailable",
          `Another program holds port ${known.port} of this machine, which belongs to ${name}; end that program.`,
        );
      return known.port;
    },
    release(namespace) {
      for (const entry of [...forwards.values()]) if (entry.namespace === namespace) drop(entry);
    },
    close() {
      closed = true;
      for (const { server } of forwards.values()) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Joins the connection to the first target that answers; without one it is reset at once, so that the caller need not wait. */
function forward(socket: Socket, [target, ...others]: readonly number[]): void {
  socket.on("error", () => socket.destroy());
  if (target === undefined) return void socket.resetAndDestroy();
  const upstream = connect({ host: "127.0.0.1", port: target, allowHalfOpen: true, noDelay: true });
  const refused = () => {
    socket.removeAllListeners();
    forward(socket, others);
  };
  upstream.once("error", refused);
  upstream.once("connect", () => {
    upstream.off("error", refused);
    upstream.on("error", () => socket.resetAndDestroy());
    socket.on("error", () => upstream.destroy());
    upstream.once("close", () => socket.destroySoon());
    socket.once("close", () => upstream.destroy());
    socket.pipe(upstream);
    upstream.pipe(socket);
  });
}
