import { createHash } from "node:crypto";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { signIn } from "#adapters/nats/connect.ts";
import { createNkey, type Nkey } from "#adapters/nats/nkey.ts";
import type { DesiredDocument, EnrollResponse, Heartbeat, Hello, Reported, Welcome } from "#core/messages.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import type { Called, TestNetwork } from "./a-network.ts";

export const prove = <C extends object>(key: Nkey, claim: C): C & { sig: string } => ({
  ...claim,
  sig: key.sign(createHash("sha256").update(canonicalJson(claim)).digest()).toString("base64url"),
});

const facts = { os: "linux", arch: "x64", hostname: "host-1", cpus: 2, memMB: 512 };

/** What a node sends to enrol with a token as a customer got it. */
export function enrolment(key: Nkey, secret: string, more: Record<string, unknown> = {}) {
  const token = JSON.parse(Buffer.from(secret.slice("cpt1_".length), "base64url").toString());
  return prove(key, {
    ...{ tokenId: token.i, secret: token.s, pub: key.public, xpub: "eA", facts, ts: Date.now() },
    edge: { version: "0.1.0", proto: [1] },
    ...more,
  });
}

export async function newToken(network: TestNetwork, spec: Record<string, unknown> = {}, workspace = "default") {
  const { status, body } = await network.call("POST", `/v1/workspaces/${workspace}/tokens`, {
    body: { name: "t", ...spec },
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return { id: (body.token as { id: string }).id, secret: body.secret as string };
}

export const enroll = (
  network: TestNetwork,
  key: Nkey,
  secret: string,
  more?: Record<string, unknown>,
): Promise<Called> => network.call("POST", "/v1/enroll", { body: enrolment(key, secret, more), bearer: null });

/** A node as the protocol sees it, without an engine: it says what the test tells it to say. */
export class TestNode {
  readonly id: string;
  readonly key: Nkey;
  readonly connection: NatsConnection;
  readonly boot = crypto.randomUUID();
  readonly pokes: DesiredDocument[] = [];
  #sequence = 0;

  private constructor(id: string, key: Nkey, connection: NatsConnection) {
    this.id = id;
    this.key = key;
    this.connection = connection;
    connection.subscribe(`cp1.d.${id}.desired`, { callback: (_, message) => void this.pokes.push(message.json()) });
  }

  static async join(network: TestNetwork, options: { workspace?: string; labels?: Record<string, string> } = {}) {
    const key = createNkey("user");
    const { secret } = await newToken(network, {}, options.workspace);
    const { body } = await enroll(network, key, secret, { labels: options.labels ?? {} });
    return TestNode.connect(body as unknown as EnrollResponse, key);
  }

  static async connect({ node, jwt = "", nats }: EnrollResponse, key: Nkey): Promise<TestNode> {
    const connection = await connect({
      ...{ servers: [...nats.urls], name: node, inboxPrefix: `_INBOX.${node}`, maxReconnectAttempts: -1 },
      ...{ tls: { handshakeFirst: true, ca: nats.caPem }, reconnectTimeWait: 50, reconnectJitter: 0 },
      authenticator: signIn(() => ({ jwt, seed: key.seed })),
      ignoreAuthErrorAbort: true,
    });
    return new TestNode(node, key, connection);
  }

  async hello(labels: Record<string, string> = {}): Promise<Welcome> {
    const hello: Hello = {
      ...{
        boot: this.boot,
        edge: "0.1.0",
        proto: [1],
        labels,
        facts,
        applied: null,
        desired: null,
        clock: 0,
        evSeq: 0,
      },
      caps: { inputs: [], processors: [], outputs: [] },
    };
    const answer = await this.connection.request(`cp1.n.${this.id}.hello`, JSON.stringify(hello), { timeout: 5_000 });
    return answer.json();
  }

  beat(more: Partial<Heartbeat> = {}): void {
    const beat: Heartbeat = { s: this.boot, q: this.#sequence++, t: 0, g: 0, h: "", ...more };
    this.connection.publish(`cp1.n.${this.id}.hb`, JSON.stringify(beat));
  }

  report(reported: Reported): void {
    this.connection.publish(`cp1.n.${this.id}.st`, JSON.stringify(reported));
  }

  /** Its own document, straight from the broker. */
  async desired(): Promise<DesiredDocument | undefined> {
    const subject = `$JS.API.DIRECT.GET.KV_DESIRED.$KV.DESIRED.${this.id}`;
    const answer = await this.connection.request(subject, "", { timeout: 2_000 });
    return answer.headers?.code ? undefined : answer.json();
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
