import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections, so that none of those takes one of ours while it is not bound. */
const FIRST = 20_000;
const LAST = 31_999;
const ATTEMPTS = 200;

/** Ports of this cluster: those in use stay taken until they are given back, also while nobody listens on them. */
export interface PortPool {
  /** A port that is free now and that nobody else gets from this pool. */
  take(): Promise<number>;
  keep(port: number): void;
  giveBack(port: number): void;
}

export function portPool(): PortPool {
  const taken = new Set<number>();
  return {
    async take() {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const port = randomInt(FIRST, LAST + 1);
        if (taken.has(port)) continue;
        taken.add(port);
        if (await canListen(port)) return port;
        taken.delete(port);
      }
      throw new Error(`no free port found between ${FIRST} and ${LAST}`);
    },
    keep: (port) => taken.add(port),
    giveBack: (port) => taken.delete(port),
  };
}

/** Can a program listen on it now? */
export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
