import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { accountJwt, noLimits, userJwt } from "#adapters/nats/jwt.ts";
import { createNkey, nkeyOfSeed, verifyNkey } from "#adapters/nats/nkey.ts";
import {
  type DesiredDocument,
  type DesiredPipeline,
  type EnrollError,
  type EnrollRequest,
  type EnrollResponse,
  type Heartbeat,
  type Hello,
  nodeOfSubject,
  type Reported,
  type Welcome,
} from "#core/messages.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { startBroker, type TestBroker } from "../adapters/nats/server.ts";

/**
 * The other side of the protocol, as small as a test needs it: real accounts on a real broker, one workspace, every token
 * good unless told otherwise. It keeps what it is told for the test to look at.
 */
export interface Peer {
  readonly broker: TestBroker;
  readonly url: string;
  token(content?: Record<string, unknown>): string;
  /** What the next enrolments and renewals answer: how long a JWT lives, an error, a lost answer, a wait for approval. */
  readonly mood: {
    lifeSeconds: number;
    error?: EnrollError | undefined;
    dropAnswers: number;
    pending: boolean;
    clockMs: number;
    reconnect: Welcome["reconnect"];
    everyMs: number;
    renewInBand: boolean;
  };
  readonly seen: {
    enrolments: EnrollRequest[];
    hellos: Hello[];
    beats: Heartbeat[];
    reported: Reported[];
    byes: { node: string; reason: string }[];
    renewals: ("https" | "nats")[];
    /** Node ids by public key. */
    nodes: Map<string, string>;
  };
  /** Writes the desired document of a node, signed, and pokes. */
  desire(
    node: string,
    gen: number,
    pipelines: readonly DesiredPipeline[],
    alter?: Alter,
    labels?: Record<string, string>,
  ): Promise<DesiredDocument>;
  /** Stores a body and names it as a pipeline. */
  body(name: string, rev: number, document: unknown): Promise<DesiredPipeline>;
  connection(): NatsConnection;
  stop(): Promise<void>;
}

export type Alter = (document: DesiredDocument) => unknown;

const seconds = () => Math.floor(Date.now() / 1_000);

export async function startPeer(): Promise<Peer> {
  const broker = await startBroker();
  const account = createNkey("account");
  const nodeSigner = createNkey("account");
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const configKey = { kid: "k1", pub: publicKey.export({ format: "jwk" }).x ?? "" };
  const mood: Peer["mood"] = {
    lifeSeconds: 3600,
    dropAnswers: 0,
    pending: false,
    clockMs: 0,
    reconnect: { baseMs: 50, windowMs: 200 },
    everyMs: 250,
    renewInBand: true,
  };
  const seen: Peer["seen"] = {
    ...{ enrolments: [], hellos: [], beats: [], reported: [], byes: [], renewals: [], nodes: new Map() },
  };

  const open = (credentials: { jwt: string; seed: string }) => {
    const key = nkeyOfSeed(credentials.seed);
    return connect({
      servers: broker.url,
      tls: { handshakeFirst: true, ca: broker.caPem },
      authenticator: (nonce?: string) => ({
        jwt: credentials.jwt,
        nkey: key.public,
        sig: key.sign(Buffer.from(nonce ?? "")).toString("base64url"),
      }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 0,
      reconnectJitterTLS: 0,
    });
  };
  const template = {
    ...{ pub: { allow: [...published] }, sub: { allow: [...subscribed] }, resp: { max: 1, ttl: 5_000_000_000 } },
    ...{ subs: 10, data: -1, payload: 262_144, allowed_connection_types: ["STANDARD", "WEBSOCKET"] },
  };
  const system = await open(broker.system);
  const pushed = accountJwt(broker.signingKeys[0], {
    ...{ name: "default", account: account.public, limits: noLimits, issuedAt: seconds() },
    signingKeys: [{ key: nodeSigner.public, role: "edge-node", template }],
  });
  await system.request("$SYS.REQ.CLAIMS.UPDATE", pushed, { timeout: 5_000 });
  await system.close();
  const own = createNkey("user");
  const jwt = userJwt(account, { name: "peer", user: own.public, issuedAt: seconds() });
  const connection = await open({ jwt, seed: own.seed });
  await jetstreamManager(connection);
  const buckets = new Kvm(connection);
  const desired = await buckets.create("DESIRED", { history: 5 });
  const bodies = await buckets.create("PIPE");

  const answerFor = (pub: string): EnrollResponse => {
    const node = seen.nodes.get(pub) ?? `nod_${randomBytes(13).toString("hex")}`;
    seen.nodes.set(pub, node);
    const issuedAt = Math.floor((Date.now() + mood.clockMs) / 1_000);
    const expiresAt = issuedAt + mood.lifeSeconds;
    const user = { name: node, user: pub, account: account.public, scoped: true, issuedAt, expiresAt };
    return {
      ...{ node, workspace: "default", status: mood.pending ? "pending" : "active", retryAfterMs: 50 },
      ...(mood.pending ? {} : { jwt: userJwt(nodeSigner, user), jwtExp: expiresAt }),
      nats: { urls: [broker.url], caPem: broker.caPem },
      ...{ renewUrl: `${url}/v1/renew`, configKeys: [configKey], hb: { everyMs: mood.everyMs } },
      ...{ reconnect: mood.reconnect, serverTime: Date.now() + mood.clockMs },
    };
  };
  const isProven = (pub: string, { sig, ...claim }: { sig: string }) =>
    verifyNkey(pub, createHash("sha256").update(canonicalJson(claim)).digest(), Buffer.from(sig, "base64url"));
  const pubOf = (node: string) => [...seen.nodes].find(([, id]) => id === node)?.[0];

  function admit(pub: string | undefined, claim: { ts: number; sig: string }): [number, object] {
    const refuse = (code: EnrollError): [number, object] => [
      403,
      { type: "about:blank", code, detail: `refused: ${code}`, serverTime: Date.now() + mood.clockMs },
    ];
    if (mood.error) return refuse(mood.error);
    if (pub === undefined) return refuse("node_unknown");
    if (!isProven(pub, claim)) return refuse("bad_signature");
    if (Math.abs(claim.ts - (Date.now() + mood.clockMs)) > 300_000) return refuse("clock_skew");
    return [mood.pending ? 202 : 200, answerFor(pub)];
  }

  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://peer");
      const polled = /^\/v1\/enroll\/(nod_\w+)$/.exec(pathname)?.[1];
      let result: [number, object] = [404, {}];
      if (polled) {
        const claim = { workspace: searchParams.get("workspace"), node: polled, ts: Number(searchParams.get("ts")) };
        result = admit(pubOf(polled), { ...claim, sig: searchParams.get("sig") ?? "" });
      } else if (pathname === "/v1/enroll") {
        const claim = JSON.parse(text) as EnrollRequest;
        seen.enrolments.push(claim);
        result = admit(claim.pub, claim);
      } else if (pathname === "/v1/renew") {
        const claim = JSON.parse(text) as { node: string; ts: number; sig: string };
        seen.renewals.push("https");
        result = admit(pubOf(claim.node), claim);
      }
      if (mood.dropAnswers > 0) {
        mood.dropAnswers--;
        request.socket.destroy();
        return;
      }
      response.writeHead(result[0], { "content-type": "application/json" }).end(JSON.stringify(result[1]));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;

  connection.subscribe("cp1.n.*.hb", { callback: (_, message) => void seen.beats.push(message.json()) });
  connection.subscribe("cp1.n.*.st", { callback: (_, message) => void seen.reported.push(message.json()) });
  connection.subscribe("cp1.n.*.bye", {
    callback: (_, message) =>
      void seen.byes.push({ node: nodeOfSubject(message.subject), ...message.json<{ reason: string }>() }),
  });
  connection.subscribe("cp1.n.*.hello", {
    callback: (_, message) => {
      seen.hellos.push(message.json());
      const welcome: Welcome = {
        ...{ session: `s${seen.hellos.length}`, hb: { everyMs: mood.everyMs, fullEvery: 6 }, desired: null },
        ...{ reconnect: mood.reconnect, serverTime: Date.now() },
      };
      message.respond(JSON.stringify(welcome));
    },
  });
  connection.subscribe("cp1.n.*.req.renew", {
    callback: (_, message) => {
      if (!mood.renewInBand) return;
      seen.renewals.push("nats");
      const [, answer] = admit(pubOf(nodeOfSubject(message.subject)), message.json());
      message.respond(JSON.stringify(answer));
    },
  });

  return {
    ...{ broker, url, mood, seen, connection: () => connection },
    token: (content = {}) =>
      `cpt1_${Buffer.from(JSON.stringify({ u: url, w: "default", i: "tok_1", s: "c2VjcmV0", ...content })).toString("base64url")}`,
    async desire(node, gen, pipelines, alter = (document) => document, labels = {}) {
      const settings = { hbMs: 10_000, logLevel: "warn" };
      const hash = createHash("sha256").update(canonicalJson({ pipelines, settings })).digest("hex");
      const said = { v: 1, node, gen, hash, issuedAt: new Date().toISOString() } as const;
      const body = { ...said, pipelines, settings, labels, kid: "k1" };
      const sig = sign(null, Buffer.from(canonicalJson(body)), privateKey).toString("base64url");
      const document = { ...body, sig };
      const text = JSON.stringify(alter(document));
      await desired.put(node, text);
      connection.publish(`cp1.d.${node}.desired`, text);
      return document;
    },
    async body(name, rev, document) {
      const text = canonicalJson(document);
      const sha256 = createHash("sha256").update(text).digest("hex");
      await bodies.put(`sha256.${sha256}`, text);
      return { name, rev, sha256, state: "run" };
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await connection.close();
      await broker.stop();
    },
  };
}

const published = [
  "cp1.n.{{name()}}.>",
  "$JS.API.DIRECT.GET.KV_DESIRED.$KV.DESIRED.{{name()}}",
  "$JS.API.DIRECT.GET.KV_PIPE.$KV.PIPE.>",
];
const subscribed = ["cp1.d.{{name()}}.>", "cp1.b.>", "_INBOX.{{name()}}.>"];

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
