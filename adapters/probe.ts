import { isIP } from "node:net";
import { connect } from "node:tls";
import type { Probe } from "#core/ports.ts";
import { sendRequest } from "./request.ts";

/** A door that is slower than this is shut: a node would give up as well. */
const PATIENCE_MS = 5_000;

/** Does what customers and nodes do first: asks the API whether it is ready, and shakes hands with NATS until it says INFO. */
export function outsideProbe({ patienceMs = PATIENCE_MS } = {}): Probe {
  return {
    async knock({ api, nats }, natsCaPem) {
      const [apiOpen, natsOpen] = await Promise.all([
        knockAtApi(api, patienceMs),
        natsCaPem === undefined ? true : knockAtNats(nats, natsCaPem, patienceMs),
      ]);
      return { api: apiOpen, nats: natsOpen };
    },
  };
}

async function knockAtApi(api: string, timeoutMs: number): Promise<boolean> {
  try {
    const url = new URL("readyz", api.endsWith("/") ? api : `${api}/`);
    return (await sendRequest({ method: "GET", url, timeoutMs })).status === 200;
  } catch {
    return false;
  }
}

function knockAtNats(nats: string, ca: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let url: URL;
    try {
      url = new URL(nats);
    } catch {
      resolve(false);
      return;
    }
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({
      host,
      port: Number(url.port || 4222),
      ca,
      minVersion: "TLSv1.3",
      ...(isIP(host) ? {} : { servername: host }),
    });
    const end = (open: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(open);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    let said = "";
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    socket.on("data", (part: Buffer) => {
      said += part.toString("latin1");
      if (said.length >= 5) end(said.startsWith("INFO "));
    });
  });
}
