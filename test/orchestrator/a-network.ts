import { createHmac, randomBytes } from "node:crypto";
import { request as requestHttps } from "node:https";
import { jwkSigner, newSigningKey } from "#adapters/jwt.ts";
import { nodeSecrets } from "#adapters/secrets.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import { createCa, issueLeaf } from "#adapters/x509.ts";
import type { AccessDocument } from "#core/model/access.ts";
import type { Role } from "#core/model/role.ts";
import type { Clock, Log, Signer } from "#core/ports.ts";
import { internalClientName } from "#core/workload.ts";
import { type RunningOrchestrator, runOrchestrator } from "../../orchestrator/run-orchestrator.ts";
import type { Settings } from "../../orchestrator/settings.ts";
import { startBroker, type TestBroker } from "../adapters/nats/server.ts";

const network = `net_${"0".repeat(26)}`;
const cell = `cel_${"0".repeat(26)}`;
const issuer = "https://control.example";

export interface Called {
  readonly status: number;
  readonly type: string;
  // Tests look into answers of every shape.
  readonly body: Record<string, unknown> & { readonly items?: Record<string, unknown>[] };
}

export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, instead of `body` as JSON. */
  readonly text?: string;
  readonly type?: string;
  readonly bearer?: string | null;
  readonly headers?: Record<string, string>;
}

/** A broker and an orchestrator over it, as a cell would set them up, with a clock that a test can push forward. */
export interface TestNetwork {
  readonly broker: TestBroker;
  readonly settings: Settings;
  readonly logged: string[];
  orchestrator: RunningOrchestrator;
  url(): string;
  advance(milliseconds: number): void;
  token(role: Role, more?: Record<string, unknown>, typ?: string): Promise<string>;
  call(method: string, path: string, options?: CallOptions): Promise<Called>;
  internal(method: string, path: string, options?: { body?: unknown; client?: string }): Promise<Called>;
  /** Ends the orchestrator and starts another over the same broker, told something else where that is given. */
  restart(changed?: Partial<Settings>): Promise<void>;
  stop(): Promise<void>;
}

export async function startNetwork(
  options: { nodeLimit?: number; credentialSeconds?: number; heartbeatMs?: number } = {},
): Promise<TestNetwork> {
  const broker = await startBroker();
  const signer = await jwkSigner(await newSigningKey());
  const internalCa = createCa({ name: "internal", now: Date.now(), days: 1 });
  const leaf = issueLeaf(internalCa, { names: ["127.0.0.1"], now: Date.now(), days: 1 });
  const access: AccessDocument = {
    generation: 1,
    keys: [],
    issuers: [{ issuer, jwks: { keys: await signer.publicKeys() } }],
    revoked: [],
  };
  const sealingKey = randomBytes(32);
  let settings: Settings = {
    ...{
      network,
      cell,
      release: "1.2.3",
      apiUrl: "http://127.0.0.1:1",
      apiPin: undefined,
      natsUrlPublic: broker.url,
      natsUrl: broker.url,
    },
    ...{ listenHost: "127.0.0.1", portHttp: 0, portInternal: 0, nodeLimit: options.nodeLimit ?? 100 },
    ...{
      heartbeatMs: options.heartbeatMs ?? 10_000,
      credentialSeconds: options.credentialSeconds ?? 86_400,
      logLevel: "warn",
    },
    ...{ operatorSigningSeed: broker.signingKeys[0].seed, system: broker.system, orchestrator: broker.orchestrator },
    ...{ sealingKeys: [sealingKey], natsCa: broker.caPem, access },
    internal: { certificate: leaf.certPem, key: leaf.keyPem, ca: internalCa.certPem },
  };
  let ahead = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + ahead };
  const logged: string[] = [];
  const log: Log = (level, message, facts) => void logged.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`);
  const start = async () => {
    const secrets = nodeSecrets(createHmac("sha256", sealingKey).update("cursors").digest());
    const running = await runOrchestrator({ settings, clock, ids: ulids(clock), secrets, log });
    await running.ready;
    return running;
  };

  const self: TestNetwork = {
    ...{ broker, logged },
    get settings() {
      return settings;
    },
    orchestrator: await start(),
    url: () => `http://127.0.0.1:${self.orchestrator.portHttp}`,
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
    token: (role, more = {}, typ = "network+jwt") => networkToken(signer, clock, role, more, typ),
    async call(method, path, { body, text, type, bearer, headers = {} } = {}) {
      const authorization = bearer === null ? undefined : `Bearer ${bearer ?? (await self.token("owner"))}`;
      const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await fetch(`${self.url()}${path}`, {
        method,
        headers: {
          ...(authorization ? { authorization } : {}),
          ...(payload === undefined ? {} : { "content-type": type ?? "application/json" }),
          ...headers,
        },
        ...(payload === undefined ? {} : { body: payload }),
      });
      return calledOf(response.status, response.headers.get("content-type"), await response.text());
    },
    internal: (method, path, { body, client = internalClientName(cell) } = {}) => {
      const own = issueLeaf(internalCa, { names: [client], now: Date.now(), days: 1 });
      return new Promise((resolve, reject) => {
        const request = requestHttps(
          `https://127.0.0.1:${self.orchestrator.portInternal}${path}`,
          { method, ca: internalCa.certPem, cert: own.certPem, key: own.keyPem, agent: false },
          async (response) => {
            const text = (await response.setEncoding("utf8").toArray()).join("");
            resolve(calledOf(response.statusCode ?? 0, response.headers["content-type"] ?? null, text));
          },
        );
        request.once("error", reject);
        request.end(body === undefined ? undefined : JSON.stringify(body));
      });
    },
    async restart(changed = {}) {
      await self.orchestrator.stop();
      settings = { ...settings, ...changed };
      self.orchestrator = await start();
    },
    async stop() {
      await self.orchestrator.stop();
      await broker.stop();
    },
  };
  return self;
}

const calledOf = (status: number, type: string | null, text: string): Called => ({
  status,
  type: type ?? "",
  body: text === "" ? {} : JSON.parse(text),
});

function networkToken(signer: Signer, clock: Clock, role: Role, more: Record<string, unknown>, typ: string) {
  const iat = Math.floor(clock.now() / 1_000);
  return signer.sign(typ, {
    ...{ iss: issuer, aud: network, sub: "somebody", role, jti: crypto.randomUUID(), iat, exp: iat + 900 },
    ...more,
  });
}
