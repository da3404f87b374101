import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import {
  type Broadcast,
  type DesiredDocument,
  type EnrollResponse,
  type Hello,
  heartbeatDefaults,
  protocolVersions,
  subjects,
  type Welcome,
} from "#core/messages.ts";
import { readFacts } from "./facts.ts";
import { messageOf } from "./failure.ts";
import { enrollResponseOf, type Identity } from "./identity.ts";
import { directGet } from "./nats-connection.ts";
import { type NodeKey, prove } from "./node-key.ts";
import type { FetchBody, NodeRuntime } from "./node-runtime.ts";
import type { NodeWorld } from "./node-world.ts";
import { version } from "./version.ts";

/** Why a session ended, as far as it decides what comes next. */
export type Ending =
  | { readonly why: "lost"; readonly error: unknown }
  | { readonly why: "renewed"; readonly answer: EnrollResponse }
  | { readonly why: "reconnect" | "revoked" | "stopped" };

export interface Session {
  readonly ended: Promise<Ending>;
  /** What the server last said about coming back. */
  advice(): { baseMs: number; windowMs: number; noticed: boolean };
  /** Tells the orchestrator that this is on purpose, and closes. */
  goodbye(reason: string): Promise<void>;
}

export interface SessionOrder {
  readonly connection: NatsConnection;
  readonly identity: Identity;
  readonly key: NodeKey;
  readonly runtime: NodeRuntime;
  readonly world: NodeWorld;
  /** Identifies this process's life; the newest wins. */
  readonly boot: string;
  /** Labels as this machine states them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly capabilities: Hello["caps"];
  /** After a storm nodes wait with their hello; the first heartbeat already shows them. */
  readonly helloDelayMs: number;
  /** From now until the credential is to be renewed. */
  readonly renewInMs: number;
  onBeat(): void;
}

/** A lost poke is repaired by looking again this often. */
const SWEEP_MS = 300_000;
const REQUEST_MS = 10_000;

/** One connection's worth of talking: hello, heartbeats, desired documents, commands, renewal. */
export function openSession(order: SessionOrder): Session {
  const { connection, identity, key, runtime, world } = order;
  const { node } = identity;
  const { log, clock, chance } = world;
  const over = new AbortController();
  let welcome: Welcome | undefined;
  let everyMs: number = identity.heartbeatMs || heartbeatDefaults.everyMs;
  let noticed = false;
  let windowMs = identity.reconnect.windowMs;
  let settle: (ending: Ending) => void = () => undefined;
  const ended = new Promise<Ending>((resolve) => {
    settle = (ending) => {
      over.abort();
      resolve(ending);
    };
  });
  void connection.closed().then((error) => settle({ why: "lost", error }));

  const publish = (subject: string, value: object) => {
    if (!connection.isClosed()) connection.publish(subject, JSON.stringify(value), { headers: versioned() });
  };
  const ask = async (subject: string, value: object): Promise<unknown> =>
    (await connection.request(subject, JSON.stringify(value), { timeout: REQUEST_MS, headers: versioned() })).json();

  const beat = (full: boolean) => {
    publish(
      subjects.heartbeat(node),
      runtime.heartbeat(welcome?.session ?? "", {
        full,
        fullEvery: welcome?.hb.fullEvery ?? heartbeatDefaults.fullEvery,
      }),
    );
    order.onBeat();
  };
  const report = () => publish(subjects.reported(node), runtime.reported());

  const fetchBody: FetchBody = (sha256) => directGet(connection, subjects.directPipeline(sha256));
  /** Looks at what is wanted: at the document at hand, or at the bucket, which answers also while the orchestrator is away. */
  async function look(document?: DesiredDocument): Promise<void> {
    try {
      const text = document ? undefined : await directGet(connection, subjects.directDesired(node));
      const value = document ?? (text === undefined ? undefined : JSON.parse(text));
      if (value !== undefined && (await runtime.take(value, identity, fetchBody))) report();
      beat(false);
    } catch (error) {
      log.warn("desired-not-read", { message: messageOf(error) });
    }
  }

  async function greet(): Promise<void> {
    await clock.sleep(order.helloDelayMs, over.signal);
    for (let tries = 0; !over.signal.aborted; tries++) {
      try {
        const answer = (await ask(subjects.hello(node), hello())) as Welcome;
        if (answer.reject === "revoked") return settle({ why: "revoked" });
        if (!answer.reject) return greeted(answer);
        runtime.problems.note("w", `hello-${answer.reject}`, rejections[answer.reject]);
      } catch (error) {
        log.info("hello-unanswered", { message: messageOf(error) });
      }
      await clock.sleep(Math.min(30_000, 1_000 * 2 ** Math.min(tries, 5)) * (0.5 + chance() / 2), over.signal);
    }
  }

  function greeted(answer: Welcome): void {
    welcome = answer;
    everyMs = answer.hb.everyMs;
    windowMs = answer.reconnect.windowMs;
    log.info("welcome", { node, session: answer.session });
    beat(true);
    report();
    const seen = runtime.seen();
    const wanted = answer.desired;
    if (wanted && (wanted.gen !== seen?.gen || !seen.hash.startsWith(wanted.hash.slice(0, 8)))) void look();
  }

  const hello = (): Hello => ({
    boot: order.boot,
    edge: version,
    proto: protocolVersions,
    labels: order.labels,
    facts: readFacts(),
    caps: order.capabilities,
    applied: brief(runtime.applied()),
    desired: brief(runtime.seen()),
    clock: clock.now(),
    evSeq: 0,
  });

  function onDirect(message: Msg): void {
    const [, , , kind, verb = ""] = message.subject.split(".");
    if (kind === "cmd") void obey(verb, message);
    if (kind !== "desired") return;
    const poke = parsed(message);
    void look("pipelines" in poke ? (poke as unknown as DesiredDocument) : undefined);
  }

  async function obey(verb: string, message: Msg): Promise<void> {
    const answer = await carryOut(verb, parsed(message));
    if (message.reply) message.respond(JSON.stringify(answer), { headers: versioned() });
    if (verb === "reconnect") settle({ why: "reconnect" });
  }

  async function carryOut(verb: string, input: Record<string, unknown>): Promise<object> {
    if (verb === "reconnect") return { ok: true };
    if (verb === "full") {
      beat(true);
      report();
      return { ok: true };
    }
    if (verb === "restart") {
      const { pipeline } = input;
      const names = runtime.pipelines.states().map(({ name }) => name);
      if (typeof pipeline === "string" && !names.includes(pipeline))
        return { error: `no pipeline ${pipeline} runs here` };
      await Promise.all((typeof pipeline === "string" ? [pipeline] : names).map(runtime.pipelines.restart));
      report();
      return { ok: true };
    }
    return { error: `this edge does not know the command ${verb}` };
  }

  function onBroadcast(message: Msg): void {
    const said = parsed(message) as unknown as Broadcast;
    if (said.kind === "hb" && said.everyMs >= 1_000) everyMs = said.everyMs;
    if (said.kind === "hello") void clock.sleep(chance() * said.windowMs, over.signal).then(greet);
    if (said.kind === "draining") {
      noticed = true;
      windowMs = said.windowMs;
    }
  }

  async function keepBeating(): Promise<void> {
    for (let since = 0; !over.signal.aborted; since += everyMs) {
      if (welcome) beat(false);
      if (since >= SWEEP_MS) {
        since = 0;
        void look();
      }
      await clock.sleep(everyMs, over.signal);
    }
  }

  /** Before the credential ends, while it still lets us ask. */
  async function keepRenewed(): Promise<void> {
    await clock.sleep(order.renewInMs, over.signal);
    for (let tries = 0; !over.signal.aborted; tries++) {
      try {
        const ts = clock.now() + identity.clockOffsetMs;
        const claim = prove(key, { workspace: identity.workspace, node, ts });
        const body = (await ask(subjects.request(node, "renew"), claim)) as Record<string, unknown>;
        const answer = enrollResponseOf(body);
        if (answer?.jwt) return settle({ why: "renewed", answer });
        if (body.code === "node_revoked") return settle({ why: "revoked" });
        log.warn("renewal-refused", { code: String(body.code ?? "") });
      } catch (error) {
        log.info("renewal-unanswered", { message: messageOf(error) });
      }
      await clock.sleep(Math.min(60_000, 500 * 2 ** Math.min(tries, 8)) * (0.5 + chance() / 2), over.signal);
    }
  }

  connection.subscribe(`cp1.d.${node}.>`, { callback: (error, message) => void (error ?? onDirect(message)) });
  connection.subscribe("cp1.b.>", { callback: (error, message) => void (error ?? onBroadcast(message)) });
  void look();
  void greet();
  void keepBeating();
  void keepRenewed();

  return {
    ended,
    advice: () => ({ baseMs: welcome?.reconnect.baseMs ?? identity.reconnect.baseMs, windowMs, noticed }),
    async goodbye(reason) {
      settle({ why: "stopped" });
      if (connection.isClosed()) return;
      publish(subjects.bye(node), { boot: order.boot, reason });
      await connection.flush().catch(() => undefined);
      await connection.close();
    },
  };
}

const rejections: Record<Exclude<NonNullable<Welcome["reject"]>, "revoked">, string> = {
  pending: "this node still waits for an operator to approve it",
  upgrade_required: "this edge is too old for the network: install the network's release",
  duplicate: "another process shows the same key: was this machine's disk cloned? Bootstrap one of them again",
  quota: "the workspace has no room for another node",
};

const brief = (known: { gen: number; hash: string } | null) => (known ? { gen: known.gen, hash: known.hash } : null);

function versioned() {
  const made = headers();
  made.set("CP-V", "1");
  return made;
}

/** What a message says, if it is a JSON object; otherwise nothing. */
function parsed(message: Msg): Record<string, unknown> {
  try {
    const value: unknown = message.json();
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
