import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcp, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpCells } from "#adapters/cells-http.ts";
import { jwkSigner, newSigningKey } from "#adapters/jwt.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import { createCa, issueLeaf } from "#adapters/x509.ts";
import { errorKinds } from "#core/errors.ts";
import type { CellAddress, Cells } from "#core/ports.ts";

const ids = ulids({ now: Date.now });
const now = Date.now();
const ca = createCa({ name: "cell", now, days: 1 });
const stranger = createCa({ name: "stranger", now, days: 1 });

/** What nobody has answered. */
const held: IncomingMessage[] = [];

type Behave = (request: IncomingMessage, answer: ServerResponse) => void;

/** What can be wrong with a cell, behind a real https server each. */
const faults: Record<string, Behave> = {
  "500": (_, answer) => answer.writeHead(500).end("out of order"),
  "500 as a problem": (_, answer) =>
    answer.writeHead(500).end(JSON.stringify({ type: "urn:cellplane:internal", detail: "ours", retryable: true })),
  "429": (_, answer) => answer.writeHead(429, { "retry-after": "7" }).end("{}"),
  "503 without a word": (_, answer) => answer.writeHead(503).end(),
  "a redirect": (_, answer) => answer.writeHead(302, { location: "https://example.com/" }).end(),
  "nothing in time": (request) => void held.push(request),
  "half a body, then silence": (_, answer) => answer.writeHead(200, { "content-length": 500 }).write('{"cursor":'),
  "half a body, then the end": (_, answer) => {
    answer.writeHead(200, { "content-length": 500 }).write('{"cursor":');
    setImmediate(() => answer.destroy());
  },
  "a body that is not JSON": (_, answer) => answer.writeHead(200).end("<html>"),
  "JSON of something else": (_, answer) => answer.writeHead(200).end('{"hello":"world"}'),
  "the end of the connection": (request) => request.socket.destroy(),
};

describe("a cell that answers", () => {
  let cells: Cells;
  const servers: { close(): unknown }[] = [];
  const sockets = new Set<Socket>();
  const at: Record<string, CellAddress> = {};

  const serve = async (name: string, behave: Behave, by = ca) => {
    const { certPem, keyPem } = issueLeaf(by, { names: ["127.0.0.1"], now, days: 1 });
    const server: Server = createServer({ cert: certPem, key: keyPem }, behave);
    server.on("connection", (socket: Socket) => sockets.add(socket)).on("tlsClientError", () => {});
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    at[name] = address((server.address() as AddressInfo).port);
  };
  const address = (port: number): CellAddress => ({
    id: ids.next("cel"),
    publicUrl: `https://127.0.0.1:${port}`,
    caPem: ca.certPem,
  });

  beforeAll(async () => {
    const signer = await jwkSigner(await newSigningKey());
    cells = httpCells({ signer, issuer: "https://control.test", clock: systemClock, answerMs: 400 });
    for (const [name, behave] of Object.entries(faults)) await serve(name, behave);
    await serve("by a certificate of another CA", (_, answer) => answer.end("{}"), stranger);
    const mute = createTcp((socket) => void sockets.add(socket));
    servers.push(mute);
    await new Promise<void>((listening) => mute.listen(0, "127.0.0.1", listening));
    at["no handshake"] = address((mute.address() as AddressInfo).port);
    at.nothing = address(1);
  });
  afterAll(() => {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  });

  const names = [...Object.keys(faults), "by a certificate of another CA", "no handshake", "nothing"];
  it.each(names)("%s counts as one that cannot be reached now: every call may be repeated", async (name) => {
    const cell = at[name] as CellAddress;
    const network = ids.next("net");
    const spec = { org: ids.next("org"), name: "a", release: "0.1.0", plan: "starter" as const, settings: {} };
    const access = { generation: 1, keys: [], issuers: [], revoked: [] };
    const calls = [
      cells.report(cell, { since: null, waitMs: 0 }),
      cells.list(cell),
      cells.observe(cell, network, { generation: 1, waitMs: 0 }),
      cells.apply(cell, network, { epoch: 1, generation: 1, spec, access }),
    ];
    for (const { status, reason } of await Promise.allSettled(calls).then((all) =>
      all.map((one) => ({ status: one.status, reason: one.status === "rejected" ? one.reason : undefined })),
    )) {
      expect(status).toBe("rejected");
      expect(reason).toMatchObject({ kind: "cell-unreachable", message: expect.stringContaining(cell.id) });
    }
    expect(errorKinds["cell-unreachable"].retry).toBe(true);
  });

  it("a refusal is told apart from what may pass", async () => {
    await serve("403", (_, answer) =>
      answer
        .writeHead(403)
        .end(JSON.stringify({ type: "urn:cellplane:forbidden", detail: "not you", retryable: false })),
    );
    await expect(cells.list(at["403"] as CellAddress)).rejects.toMatchObject({
      kind: "cell-refused",
      message: expect.stringContaining("not you"),
    });
  });

  it("slowly delays no other", async () => {
    await serve("well", (_, answer) => answer.end('{"items":[]}'));
    let over = 0;
    const slow = Array.from({ length: 5 }, () =>
      cells
        .report(at["nothing in time"] as CellAddress, { since: null, waitMs: 20_000 })
        .catch(() => undefined)
        .finally(() => {
          over += 1;
        }),
    );
    expect(await cells.list(at.well as CellAddress)).toEqual([]);
    expect(over).toBe(0);
    // Hung up on, they end long before their time.
    await expect.poll(() => held.length).toBeGreaterThanOrEqual(5);
    for (const request of held) request.socket.destroy();
    await Promise.all(slow);
  });
});
