import { randomUUID } from "node:crypto";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Hello } from "#core/messages.ts";
import { NotAdmitted, renewOverHttps } from "./ask-orchestrator.ts";
import type { NodeFiles } from "./data-folder.ts";
import { Failure, messageOf } from "./failure.ts";
import { type Credentials, keepAnswer, lifeOf, markRevoked, readCredentials } from "./identity.ts";
import { connectToBroker, isAuthFailure } from "./nats-connection.ts";
import type { NodeKey } from "./node-key.ts";
import type { NodeRuntime } from "./node-runtime.ts";
import type { NodeWorld } from "./node-world.ts";
import { reconnectDelay } from "./reconnect-delay.ts";
import { isSpent, renewalMoment } from "./renewal-moment.ts";
import { type Ending, openSession, type Session } from "./session.ts";
import { type NodeStatus, writeStatus } from "./status-file.ts";
import { version } from "./version.ts";

export interface NodeOrder {
  readonly files: NodeFiles;
  readonly credentials: Credentials;
  readonly key: NodeKey;
  readonly runtime: NodeRuntime;
  readonly labels: Readonly<Record<string, string>>;
  readonly capabilities: Hello["caps"];
  readonly world: NodeWorld;
  /** Aborts when the process is told to stop. */
  readonly stop: AbortSignal;
}

/** After so long without the broker the addresses may be old ones: the orchestrator is asked for fresh ones over HTTPS. */
const STALE_ADDRESS_MS = 600_000;
/** And if it does not answer, not again for a while. */
const RENEW_PAUSE_MS = 60_000;

/**
 * Runs the node until it is told to stop or is revoked. Pipelines start before the first attempt to connect and do not care
 * about it; the loop connects, talks until the connection ends, decides when to come back.
 */
export async function runNode(order: NodeOrder): Promise<void> {
  const { files, key, runtime, world, stop } = order;
  const { clock, chance, log } = world;
  const boot = randomUUID();
  const since = new Date(clock.now()).toISOString();
  let credentials = order.credentials;
  let link: NodeStatus["link"] = "connecting";
  let server: string | undefined;
  let failures = 0;
  let everConnected = false;
  let lastConnected = clock.now();
  let renewNotBefore = 0;
  let advice = { ...credentials.identity.reconnect, noticed: false };

  const serverNow = () => clock.now() + credentials.identity.clockOffsetMs;
  const life = () => lifeOf(credentials.jwt) ?? { issuedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER / 1000 };

  function showStatus(): void {
    const { applied, attempt, pipelines } = runtime.reported();
    const { identity } = credentials;
    try {
      writeStatus(files.status, {
        node: identity.node,
        workspace: identity.workspace,
        ...(identity.name === undefined ? {} : { name: identity.name }),
        version,
        pid: process.pid,
        link,
        ...(server === undefined ? {} : { server }),
        since,
        updatedAt: new Date(clock.now()).toISOString(),
        labels: runtime.labels(),
        credentialEnds: new Date(life().expiresAt * 1000).toISOString(),
        applied,
        ...(attempt ? { attempt } : {}),
        pipelines,
        counters: Object.fromEntries(
          runtime.pipelines.beats().map(({ n, i, o, e }) => [n, { in: i, out: o, errors: e }]),
        ),
        problems: [...runtime.problems.newest(), ...runtime.pipelines.problems()],
      });
      runtime.problems.settle("status-not-written");
    } catch (error) {
      runtime.problems.note("w", "status-not-written", messageOf(error));
    }
  }

  function keep(answer: Parameters<typeof keepAnswer>[1]["answer"]): void {
    const { api, name, labels } = credentials.identity;
    keepAnswer(files, { answer, api, name, labels, now: clock.now() });
    credentials = readCredentials(files) ?? credentials;
  }

  /** New credentials and addresses over HTTPS, where the old ones are of no use. Fails only by being revoked. */
  async function renew(): Promise<void> {
    if (clock.now() < renewNotBefore) return;
    try {
      keep(await renewOverHttps(credentials.identity, key, clock.now()));
      log.info("renewed", { by: "https" });
    } catch (error) {
      renewNotBefore = clock.now() + Math.min(RENEW_PAUSE_MS, advice.windowMs);
      if (error instanceof NotAdmitted && (error.code === "node_revoked" || error.code === "node_unknown")) throw error;
      log.warn("renewal-failed", { message: messageOf(error) });
      runtime.problems.note("w", "renewal-failed", messageOf(error));
    }
  }

  async function connected(connection: NatsConnection): Promise<{ session: Session; ending: Ending }> {
    link = "connected";
    server = connection.getServer();
    const isReturn = everConnected && failures > 0;
    failures = 0;
    everConnected = true;
    const session = openSession({
      ...order,
      connection,
      identity: credentials.identity,
      boot,
      helloDelayMs: isReturn ? (chance() * advice.windowMs) / 2 : 0,
      renewInMs: renewalMoment(life(), serverNow(), chance()),
      onBeat: showStatus,
    });
    showStatus();
    const ending = await unlessStopped<Ending>(session.ended, stop, () => ({ why: "stopped" }));
    lastConnected = clock.now();
    advice = session.advice();
    return { session, ending };
  }

  /** How long to wait before the next attempt, having done what the ending asks for. */
  async function afterwards(ending: Ending, session: Session): Promise<number> {
    if (ending.why === "revoked") throw new NotAdmitted("node_revoked", "This node was revoked.", undefined);
    if (ending.why === "renewed") {
      keep(ending.answer);
      log.info("renewed", { by: "nats" });
    }
    if (ending.why !== "lost") {
      await session.goodbye(ending.why);
      return 0;
    }
    log.warn("connection-lost", { message: messageOf(ending.error ?? "closed") });
    return delay();
  }

  const delay = () =>
    reconnectDelay({ failures, everConnected, ...advice, node: credentials.identity.node, chance: chance() });

  async function attempt(): Promise<number> {
    if (isSpent(life(), serverNow())) await renew();
    let connection: NatsConnection;
    try {
      connection = await connectToBroker(credentials, key);
    } catch (error) {
      log.warn("not-connected", { message: messageOf(error), failures });
      if (isAuthFailure(error)) await renew();
      else if (clock.now() - lastConnected > STALE_ADDRESS_MS) await renew();
      const wait = delay();
      failures++;
      return wait;
    }
    const { session, ending } = await connected(connection);
    if (ending.why !== "stopped") return afterwards(ending, session);
    await runtime.pipelines.stop();
    link = "stopped";
    showStatus();
    await session.goodbye("stopped");
    return 0;
  }

  runtime.boot();
  try {
    while (!stop.aborted) {
      link = "connecting";
      const wait = await unlessStopped(attempt(), stop, () => (link === "connected" ? undefined : 0));
      if (wait > 0) {
        showStatus();
        await clock.sleep(wait, stop);
      }
    }
    link = "stopped";
  } catch (error) {
    if (!(error instanceof NotAdmitted)) throw error;
    link = "revoked";
    markRevoked(files, credentials.identity);
    throw new Failure(
      "refused",
      `The orchestrator does not know this node any more: ${error.message} Its pipelines were stopped.`,
      error.next,
    );
  } finally {
    await runtime.pipelines.stop();
    showStatus();
  }
}

/** The outcome, or `instead` as soon as the stop comes, so that what hangs holds nobody up. Leaves no listener behind. */
async function unlessStopped<T>(outcome: Promise<T>, stop: AbortSignal, instead: () => T | undefined): Promise<T> {
  let onStop: () => void = () => undefined;
  const stopped = new Promise<T>((resolve) => {
    onStop = () => {
      const value = instead();
      if (value !== undefined) resolve(value);
    };
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop);
  });
  try {
    return await Promise.race([outcome, stopped]);
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}
