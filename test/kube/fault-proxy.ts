import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestPlain, type ServerResponse } from "node:http";
import { request } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Endpoint } from "#adapters/kubernetes.ts";

/** What is done to one request instead of passing it on, or before. `undefined`: it passes. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** It is passed on after a while. */
  | { readonly delayMs: number }
  /** It is passed on, and its connection is cut in the middle of the answer. */
  | { readonly cutAfterBytes: number }
  /** It is taken, and never answered. */
  | "silence"
  /** Its connection is cut. */
  | "cut"
  /** It is passed on and done, and the answer is cut off. */
  | "answer lost";

export type Injection = (request: { method: string; path: string }) => Fault | undefined;

/** An API server as a bad day shows it. Speaks plain HTTP to the client that is tested, and signs in by itself. */
export interface FaultProxy {
  readonly endpoint: Endpoint;
  /** What happens to requests from now on; without one they pass. */
  inject(injection?: Injection): void;
  /** Cuts every connection there is. */
  cut(): void;
  /** Lets nothing of the answers that are open through any more, watches among them; new ones are not concerned. */
  silence(): void;
  /** Takes no connection any more, as a server that is down, until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Every request there was, and what was done to it. */
  readonly requests: { readonly method: string; readonly path: string; readonly fault: Fault | undefined }[];
  close(): Promise<void>;
}

export async function startFaultProxy(target: Endpoint): Promise<FaultProxy> {
  let injection: Injection = () => undefined;
  const sockets = new Set<Socket>();
  const streams = new Set<IncomingMessage>();
  const requests: FaultProxy["requests"] = [];

  const server = createServer(async (asked, reply) => {
    const { method = "GET", url: path = "/" } = asked;
    const fault = injection({ method, path });
    requests.push({ method, path, fault });
    if (fault === "silence") return;
    if (fault === "cut") return void asked.socket.destroy();
    if (typeof fault === "object" && "status" in fault) {
      const { status, headers = {}, body = { kind: "Status", code: status, message: "a fault was injected" } } = fault;
      asked.resume();
      return void reply
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(`${JSON.stringify(body)}\n`);
    }
    if (typeof fault === "object" && "delayMs" in fault) await new Promise((done) => setTimeout(done, fault.delayMs));
    if (asked.socket.destroyed) return;
    await pass(asked, reply, fault);
  });

  async function pass(asked: IncomingMessage, reply: ServerResponse, fault: Fault | undefined): Promise<void> {
    const { host: _host, connection: _connection, ...headers } = asked.headers;
    const options = {
      method: asked.method,
      headers: { ...headers, ...(await target.headers()) },
      agent: false as const,
    };
    const url = new URL(asked.url ?? "/", target.url);
    const on = url.protocol === "http:" ? requestPlain(url, options) : request(url, { ...options, ...target.tls });
    asked.pipe(on);
    on.on("error", () => asked.socket.destroy());
    reply.once("close", () => on.destroy());
    on.once("response", (answer) => {
      if (fault === "answer lost") return void answer.resume().once("end", () => asked.socket.destroy());
      streams.add(answer);
      answer.once("close", () => streams.delete(answer));
      answer.on("error", () => asked.socket.destroy());
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      if (typeof fault !== "object" || !("cutAfterBytes" in fault)) return void answer.pipe(reply);
      let left = fault.cutAfterBytes;
      answer.on("data", (piece: Buffer) => {
        if (left <= 0) return;
        reply.write(piece.subarray(0, left));
        left -= piece.length;
        if (left <= 0) asked.socket.destroySoon();
      });
      answer.once("end", () => reply.end());
    });
  }

  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async () => {
    server.close();
    cut();
    await once(server, "close");
  };
  return {
    endpoint: { url: new URL(`http://127.0.0.1:${port}`), tls: {}, headers: async () => ({}) },
    inject: (next = () => undefined) => {
      injection = next;
    },
    cut,
    silence() {
      for (const stream of streams) stream.unpipe();
    },
    refuse: stop,
    async accept() {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    requests,
    async close() {
      if (server.listening) await stop();
    },
  };
}
