import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { vi } from "vitest";
import { httpCells } from "#adapters/cells-http.ts";
import { joseVerifier, jwkSigner, newSigningKey } from "#adapters/jwt.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import { JoinRequest } from "#core/api/join.ts";
import type { CellId, NetworkId } from "#core/model/ids.ts";
import type { CellOrder } from "#core/model/instance.ts";
import { BUILT_IN_RELEASE } from "#core/model/release.ts";
import type { CellAddress, Cells, Clock, Cluster, Log, Signer } from "#core/ports.ts";
import { images } from "#core/workload.ts";
import { type Agent, startAgent } from "../../cell-agent/agent.ts";
import { usualDoors } from "../../cell-agent/doors.ts";
import { aCell, type Cell } from "../standalone/cluster/cell.ts";

const fakeOrchestrator = resolve(import.meta.dirname, "fake-orchestrator.ts");
export const ids = ulids({ now: Date.now });

/** A control plane as far as a joining agent sees it. */
export async function aControlPlane(cell: CellId, signer: Signer, epoch = 1) {
  const joins: JoinRequest[] = [];
  let up = true;
  const server = createServer(async (request, answer) => {
    let body = "";
    for await (const part of request) body += part;
    const parsed = JoinRequest.safeParse(JSON.parse(body));
    if (!up || !parsed.success) {
      answer.statusCode = up ? 400 : 503;
      answer.end(parsed.success ? "" : parsed.error.message);
      return;
    }
    joins.push(parsed.data);
    answer.end(JSON.stringify({ cell, signingKeys: await signer.publicKeys(), epoch, issuers: [] }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    joins,
    setUp(value: boolean) {
      up = value;
    },
    close: () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  };
}

export interface ServedCell {
  readonly cell: Cell;
  readonly cells: Cells;
  readonly signer: Signer;
  readonly controlPlane: Awaited<ReturnType<typeof aControlPlane>>;
  readonly logged: string[];
  readonly id: CellId;
  agent(): Agent;
  address(): CellAddress;
  /** Resolves when the agent serves calls. */
  whenReady(): Promise<void>;
  stopAgent(): Promise<void>;
  startAgent(clock?: Clock): Promise<void>;
  close(): Promise<void>;
}

/** An embedded cluster, an agent that has joined, and a client that may call it. The orchestrator is a fake, the broker is real. */
export async function aServedCell(
  options: { networkLimit?: number; clock?: Clock; through?: (cluster: Cluster) => Cluster } = {},
): Promise<ServedCell> {
  const cell = await aCell({
    [images.nats]: ["nats-server"],
    [images.orchestrator(BUILT_IN_RELEASE)]: [process.execPath, fakeOrchestrator],
    [images.orchestrator("0.2.0")]: [process.execPath, fakeOrchestrator],
  });
  const signer = await jwkSigner(await newSigningKey());
  const id = ids.next("cel");
  const controlPlane = await aControlPlane(id, signer);
  const cells = httpCells({ signer, issuer: "https://control.test", clock: systemClock });
  const logged: string[] = [];
  const log: Log = (level, message, facts) => {
    logged.push(`${level} ${message} ${JSON.stringify(facts)}`);
  };
  let agent: Agent | undefined;
  const running = () => {
    if (!agent) throw new Error("the agent does not run");
    return agent;
  };
  let port = 0;

  async function start(clock: Clock = options.clock ?? systemClock): Promise<void> {
    const cluster = options.through?.(cell.cluster) ?? cell.cluster;
    agent = await startAgent({
      ...{ cluster, clock, chance: Math.random, verifier: joseVerifier, log },
      settings: {
        controlPlane: controlPlane.url,
        joinToken: () => `cpj_${"x".repeat(24)}`,
        listen: { host: "127.0.0.1", port },
        publicUrl: undefined,
        doors: usualDoors,
        domain: "cell-1.test",
        networkLimit: options.networkLimit ?? null,
      },
    });
    port = Number(new URL(agent.url).port);
  }
  await start();

  function address(): CellAddress {
    const caPem = controlPlane.joins.at(-1)?.caPem;
    if (caPem === undefined) throw new Error("the cell has not joined");
    return { id, publicUrl: running().url, caPem };
  }

  return {
    ...{ cell, cells, signer, controlPlane, logged, id, address },
    agent: running,
    whenReady: () => vi.waitFor(async () => void (await cells.list(address())), { timeout: 60_000 }),
    async stopAgent() {
      await agent?.close();
      agent = undefined;
    },
    startAgent: start,
    async close() {
      await agent?.close();
      await controlPlane.close();
      await cell.close();
    },
  };
}

export const aNetwork = (): NetworkId => ids.next("net");

export const anOrder = (order: Partial<CellOrder> & { release?: string } = {}): CellOrder => {
  const { release = BUILT_IN_RELEASE, generation = 1, ...rest } = order;
  return {
    epoch: 1,
    generation,
    spec: { org: ids.next("org"), name: "factory", release, plan: "starter", settings: {} },
    access: { generation, keys: [], issuers: [], revoked: [] },
    ...rest,
  };
};
