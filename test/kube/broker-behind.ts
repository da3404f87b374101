import { connect } from "node:tls";
import type { Cell } from "./a-cell.ts";
import type { OwnNetwork } from "./edge.ts";

/** What is met at the port of a cell's brokers under a name. */
export interface Met {
  /** Whom the certificate is for. */
  readonly names: string;
  readonly fingerprint: string;
  /** The first word: INFO, if it is a broker. */
  readonly said: string;
}

/** Shakes hands by a network's name, or another's, trusting anybody: who is it? */
export function brokerBehind(cell: Cell, network: Pick<OwnNetwork, "api">): Promise<Met> {
  return new Promise((done, fail) => {
    const socket = connect({
      ...cell.cluster.nats,
      servername: new URL(network.api).hostname,
      rejectUnauthorized: false,
    });
    socket.setTimeout(5_000, () => socket.destroy(new Error("nothing came")));
    socket.once("error", fail);
    socket.once("close", () => fail(new Error("closed")));
    socket.once("data", (said: Buffer) => {
      const { subjectaltname: names = "", fingerprint256: fingerprint } = socket.getPeerCertificate();
      done({ names, fingerprint, said: said.toString("latin1").slice(0, 4) });
      socket.destroy();
    });
  });
}
