import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer } from "#adapters/nats/find-server.ts";
import { accountJwt, noJetStream, noLimits, operatorJwt, userJwt } from "#adapters/nats/jwt.ts";
import { createNkey, type Nkey } from "#adapters/nats/nkey.ts";
import { natsServerConfig } from "#adapters/nats/server-config.ts";
import { createCa, issueLeaf } from "#adapters/x509.ts";
import { natsEnvironment as env } from "#core/workload.ts";
import { freePort } from "../../free-port.ts";

/** A real nats-server in a folder of its own, with the two accounts that a network's broker boots with. */
export interface TestBroker {
  readonly url: string;
  readonly port: number;
  readonly caPem: string;
  readonly monitorUrl: string;
  /** Operator signing keys that it trusts. */
  readonly signingKeys: readonly [Nkey, Nkey];
  readonly system: { readonly jwt: string; readonly seed: string };
  readonly orchestrator: { readonly jwt: string; readonly seed: string };
  /** Puts another certificate where it reads it from; it shows that one after a reload. */
  renewCertificate(): void;
  /** Ends it as a power cut would; `start` brings it back on the same port with the same data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const seconds = () => Math.floor(Date.now() / 1_000);

export async function startBroker(): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-nats-"));
  const program = await findNatsServer({
    path: process.env.PATH ?? "",
    cacheDir: join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? tmpdir(), ".cache"), "cellplane"),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const [operator, one, two] = [createNkey("operator"), createNkey("operator"), createNkey("operator")];
  const [system, orchestrator] = [createNkey("account"), createNkey("account")];
  const ca = createCa({ name: "test NATS CA", now: Date.now(), days: 1 });
  const renewCertificate = () => {
    const leaf = issueLeaf(ca, { names: ["127.0.0.1"], now: Date.now(), days: 1 });
    const tls = { "tls.crt": leaf.certPem, "tls.key": leaf.keyPem };
    for (const [name, text] of Object.entries(tls)) writeFileSync(join(folder, name), text);
  };
  renewCertificate();
  const account = (key: Nkey, name: string, limits: typeof noLimits) => ({
    pub: key.public,
    jwt: accountJwt(one, { name, account: key.public, limits, issuedAt: seconds() }),
  });
  const config = natsServerConfig({
    operatorJwt: operatorJwt(operator, {
      name: "test",
      signingKeys: [one.public, two.public],
      systemAccount: system.public,
      issuedAt: seconds(),
    }),
    system: account(system, "SYS", noJetStream),
    orchestrator: account(orchestrator, "ORCH", noLimits),
    serverName: "test",
    maxConnections: 1_000,
    maxFileBytes: 4 * 1024 ** 3,
  });
  writeFileSync(join(folder, "nats.conf"), config);
  const [port, monitor] = [await freePort(), await freePort()];
  const user = (key: Nkey, name: string) => {
    const own = createNkey("user");
    return { seed: own.seed, jwt: userJwt(key, { name, user: own.public, issuedAt: seconds() }) };
  };

  let server: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  };
  const broker: TestBroker = {
    url: `tls://127.0.0.1:${port}`,
    port,
    caPem: ca.certPem,
    monitorUrl: `http://127.0.0.1:${monitor}`,
    signingKeys: [one, two],
    system: user(system, "sys"),
    orchestrator: user(orchestrator, "orch"),
    renewCertificate,
    kill: () => end("SIGKILL"),
    async start() {
      server = spawn(program, ["-c", join(folder, "nats.conf")], {
        stdio: ["ignore", "ignore", "pipe"],
        env: {
          ...{ [env.listenHost]: "127.0.0.1", [env.portClient]: `${port}`, [env.portMonitor]: `${monitor}` },
          ...{ [env.tlsCertificate]: join(folder, "tls.crt"), [env.tlsKey]: join(folder, "tls.key") },
          ...{ [env.jwtDir]: join(folder, "jwt"), [env.jetStreamDir]: join(folder, "js") },
        },
      });
      await ready(server);
    },
    async stop() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await broker.start();
  return broker;
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stderr?.on("data", (text) => {
      said = `${said}${text}`.slice(-10_000);
      if (said.includes("Server is ready")) resolve();
    });
    server.once("exit", () => reject(new Error(`nats-server ended: ${said}`)));
  });
}
