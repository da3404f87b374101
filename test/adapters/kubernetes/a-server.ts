import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Endpoint } from "#adapters/kubernetes.ts";

/** Where an API server would be: a real server that answers as a test wants it to. */
export interface AServer {
  readonly endpoint: Endpoint;
  /** When each request came, in milliseconds that only rise. */
  readonly requests: { readonly at: number; readonly request: IncomingMessage }[];
  close(): void;
}

export async function aServer(behave: RequestListener): Promise<AServer> {
  const requests: AServer["requests"] = [];
  const server = createServer((request, answer) => {
    requests.push({ at: performance.now(), request });
    behave(request, answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { url: new URL(`http://127.0.0.1:${port}`), tls: {}, headers: async () => ({}) },
    requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
