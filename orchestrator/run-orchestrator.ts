import { once } from "node:events";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { joseVerifier } from "#adapters/jwt.ts";
import { natsBus } from "#adapters/nats/bus.ts";
import { type Credentials, connectToBroker } from "#adapters/nats/connect.ts";
import { nkeyOfSeed } from "#adapters/nats/nkey.ts";
import { sealingKeyId } from "#adapters/sealing-key-id.ts";
import { Refusal } from "#core/errors.ts";
import type { Bus } from "#core/ports.ts";
import { accessList } from "./access-list.ts";
import { admission } from "./admission.ts";
import { brokerOver } from "./broker.ts";
import type { Dependencies } from "./deps.ts";
import { customerApp } from "./http/app.ts";
import { internalApp } from "./http/internal-app.ts";
import type { Served } from "./http/served.ts";
import { openRepeats } from "./idempotently.ts";
import { holdLease } from "./lease.ts";
import { Workspaces } from "./workspaces.ts";

const SWEEP_MS = 1_000;
/** The broker starts beside us, so the first tries come quickly. */
const CONNECT_AGAIN_MS = 50;

export interface RunningOrchestrator {
  readonly portHttp: number;
  readonly portInternal: number;
  /** Resolves once the first workspace takes nodes. */
  readonly ready: Promise<void>;
  /** What the timer does each second. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

/** Listens at once, and serves as soon as the broker answers. */
export async function runOrchestrator(deps: Dependencies): Promise<RunningOrchestrator> {
  const { settings, clock, secrets, log } = deps;
  const access = accessList(settings.access, { network: settings.network, clock, secrets, verifier: joseVerifier });
  const ended = new AbortController();
  let served: Served | undefined;
  let reloadBroker = notConnected;
  const announceDrain = async () => (served ? served.workspaces.announceDrain() : notConnected());
  let closing: (() => Promise<void>)[] = [];

  const customers = await listening(settings.listenHost, settings.portHttp, (at) =>
    serve({ fetch: customerApp(() => served, settings.release, log).fetch, ...at }),
  );
  const status = () => ({
    release: settings.release,
    ready: served?.workspaces.isReady() ?? false,
    nodes: {
      online: served?.workspaces.onlineCount() ?? 0,
      total: served?.workspaces.nodeCount() ?? 0,
      edges: served?.workspaces.edgeVersions() ?? {},
    },
    accessGeneration: access.generation(),
    ...(served?.workspaces.isSealedAnew()
      ? { sealedWith: sealingKeyId(settings.sealingKeys[0] ?? Buffer.alloc(0)) }
      : {}),
  });
  const { certificate: cert, key, ca } = settings.internal;
  const internal = await listening(settings.listenHost, settings.portInternal, (at) =>
    serve({
      fetch: internalApp({ cell: settings.cell, access, status, reload: () => reloadBroker(), announceDrain, log })
        .fetch,
      ...at,
      createServer: createTlsServer,
      serverOptions: { cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" },
    }),
  );

  const connect = async (name: string, credentials: Credentials): Promise<Bus> => {
    const address = { url: settings.natsUrl, caPem: settings.natsCa };
    for (;;) {
      try {
        return natsBus(await connectToBroker(address, { name, credentials: () => credentials }));
      } catch (error) {
        log("debug", "the broker does not answer yet", { error: String(error) });
        await clock.sleep(CONNECT_AGAIN_MS, ended.signal);
        ended.signal.throwIfAborted();
      }
    }
  };
  const open = async (): Promise<void> => {
    const [system, own] = await Promise.all([
      connect("orchestrator system", settings.system),
      connect("orchestrator", settings.orchestrator),
    ]);
    closing.push(
      () => system.close(),
      () => own.close(),
    );
    const operator = nkeyOfSeed(settings.operatorSigningSeed);
    const broker = brokerOver(system, { operator, nodeLimit: settings.nodeLimit, clock, log });
    const [lease, repeats] = await Promise.all([
      holdLease(await own.bucket("LEASE"), secrets.random(), clock),
      openRepeats(own, { clock, secrets }),
    ]);
    closing.unshift(() => lease.release());
    const workspaces = await Workspaces.open({ ...deps, broker, isLeader: lease.isLeader }, own);
    closing.unshift(() => workspaces.close());
    lease.onLeader(() => {
      for (const { desired, announce } of workspaces.running()) {
        desired.wakeAll();
        announce();
      }
    });
    // The broker may have come back empty: everything it must know is told again.
    system.onReconnect(() => void workspaces.tellBroker());
    reloadBroker = broker.reload;
    served = { ...deps, workspaces, access, repeats, admission: admission(clock.now) };
  };
  const ready = untilOpen();
  // Whoever waits for it hears of it; a stop before then is not a failure.
  ready.catch(() => undefined);

  async function untilOpen(): Promise<void> {
    while (!ended.signal.aborted) {
      try {
        return await open();
      } catch (error) {
        if (ended.signal.aborted) throw error;
        log("warn", "not ready yet; trying again", { error: String(error) });
        await closeAll();
        await clock.sleep(CONNECT_AGAIN_MS * 4, ended.signal);
      }
    }
  }
  async function closeAll(): Promise<void> {
    const all = closing;
    closing = [];
    for (const close of all) await close().catch(() => undefined);
  }

  const sweep = async (): Promise<void> => {
    await served?.workspaces
      .sweep()
      .catch((error: unknown) => log("warn", "a sweep was cut off", { error: String(error) }));
  };
  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep);
  }, SWEEP_MS);

  return {
    portHttp: customers.port,
    portInternal: internal.port,
    ready,
    sweep,
    async stop() {
      ended.abort();
      clearInterval(timer);
      await Promise.all([customers.close(), internal.close()]);
      await sweeping;
      await closeAll();
    },
  };
}

const notConnected = (): Promise<void> =>
  Promise.reject(new Refusal("not-ready", "The orchestrator is not connected to its broker yet."));

/** A server that accepts, and how to end it: open requests get a moment, idle connections none. */
async function listening(
  hostname: string,
  port: number,
  start: (at: { hostname: string; port: number }) => ServerType,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = start({ hostname, port });
  if (!server.listening) await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, "close");
      server.close();
      if ("closeIdleConnections" in server) {
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      }
      await closed;
    },
  };
}
