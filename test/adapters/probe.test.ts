import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outsideProbe } from "#adapters/probe.ts";
import { createCa, issueLeaf } from "#adapters/x509.ts";

const probe = outsideProbe({ patienceMs: 500 });
const now = Date.now();
const ca = createCa({ name: "cell", now, days: 1 });
const stranger = createCa({ name: "stranger", now, days: 1 });

const listen = async (server: Server) => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return (server.address() as AddressInfo).port;
};

describe("a look from outside", () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const open: Record<string, string> = {};
  const keep = async (name: string, server: Server, scheme: string) => {
    server.on("connection", (socket: Socket) => sockets.add(socket));
    servers.push(server);
    open[name] = `${scheme}://127.0.0.1:${await listen(server)}`;
  };
  const broker = (by: typeof ca, says: string | undefined) => {
    const { certPem, keyPem } = issueLeaf(by, { names: ["127.0.0.1"], now, days: 1 });
    const server = createTls({ cert: certPem, key: keyPem, minVersion: "TLSv1.3" }, (socket) => {
      socket.on("error", () => {});
      if (says !== undefined) socket.write(says);
    });
    server.on("tlsClientError", () => {});
    return server;
  };

  beforeAll(async () => {
    const answering = (status: number) => createServer((_request, answer) => answer.writeHead(status).end());
    await keep("ready", answering(200), "http");
    await keep("notReady", answering(503), "http");
    await keep(
      "hangs",
      createServer(() => {}),
      "http",
    );
    await keep("nats", broker(ca, 'INFO {"server_id":"x"}\r\n'), "tls");
    await keep("otherCa", broker(stranger, "INFO {}\r\n"), "tls");
    await keep("notNats", broker(ca, "HTTP/1.1 400\r\n"), "tls");
    await keep("mute", broker(ca, undefined), "tls");
    await keep(
      "plain",
      createTcp((socket) => socket.on("error", () => {}).write("INFO {}\r\n")),
      "tls",
    );
    open.nobody = "https://127.0.0.1:1";
  });
  afterAll(() => {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    ["ready", "nats", { api: true, nats: true }],
    ["notReady", "otherCa", { api: false, nats: false }],
    ["hangs", "notNats", { api: false, nats: false }],
    ["ready", "mute", { api: true, nats: false }],
    ["ready", "plain", { api: true, nats: false }],
    ["nobody", "nobody", { api: false, nats: false }],
  ])("at an API that is %s and a broker that is %s", async (api, nats, expected) => {
    const endpoints = { api: open[api] ?? "", nats: open[nats] ?? "" };
    expect(await probe.knock(endpoints, ca.certPem)).toEqual(expected);
  });

  it("leaves NATS alone where the cell's CA is not known", async () => {
    expect(await probe.knock({ api: open.ready ?? "", nats: open.nobody ?? "" }, undefined)).toEqual({
      api: true,
      nats: true,
    });
  });
});
