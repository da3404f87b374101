import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectToBroker } from "#adapters/nats/connect.ts";
import { accountJwt, deleteAccountsJwt, noLimits, userJwt } from "#adapters/nats/jwt.ts";
import { createNkey, type Nkey } from "#adapters/nats/nkey.ts";
import { startBroker, type TestBroker } from "./server.ts";

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

const seconds = () => Math.floor(Date.now() / 1_000);
const open = (of: { jwt: string; seed: string }) => connectToBroker(broker, { name: "test", credentials: () => of });

/** Asks the system account, as an orchestrator does. */
async function claims(verb: "UPDATE" | "DELETE", jwt: string): Promise<{ error?: { description: string } }> {
  const system = await open(broker.system);
  try {
    return (await system.request(`$SYS.REQ.CLAIMS.${verb}`, jwt, { timeout: 5_000 })).json();
  } finally {
    await system.close();
  }
}

const anAccount = (signer: Nkey, key: Nkey, more: Partial<Parameters<typeof accountJwt>[1]> = {}) =>
  accountJwt(signer, { name: "w", account: key.public, limits: noLimits, issuedAt: seconds(), ...more });

describe("JWTs made with node:crypto, judged by a real nats-server", () => {
  it("lets in users of the accounts that the server booted with, and nobody else", async () => {
    const connection = await open(broker.orchestrator);
    await connection.flush();
    await connection.close();
    const stranger = createNkey("user");
    const jwt = userJwt(createNkey("account"), { name: "x", user: stranger.public, issuedAt: seconds() });
    await expect(open({ jwt, seed: stranger.seed })).rejects.toThrow(/authorization/i);
  });

  it.each([0, 1] as const)("accepts at run time an account signed by operator signing key %i", async (which) => {
    const account = createNkey("account");
    expect(await claims("UPDATE", anAccount(broker.signingKeys[which], account))).not.toHaveProperty("error");
    const user = createNkey("user");
    const jwt = userJwt(account, { name: "u", user: user.public, issuedAt: seconds() });
    const connection = await open({ jwt, seed: user.seed });
    await connection.close();
  });

  it("binds users of a scoped signing key to its template, by their name", async () => {
    const [account, scoped, user] = [createNkey("account"), createNkey("account"), createNkey("user")];
    const template = {
      pub: { allow: ["up.{{name()}}"] },
      sub: { allow: ["down.{{name()}}"] },
      ...{ subs: 10, data: -1, payload: 1_000 },
    };
    await claims(
      "UPDATE",
      anAccount(broker.signingKeys[0], account, { signingKeys: [{ key: scoped.public, role: "node", template }] }),
    );
    const jwt = userJwt(scoped, {
      ...{ name: "alice", user: user.public, account: account.public, scoped: true, issuedAt: seconds() },
      expiresAt: seconds() + 60,
    });
    const connection = await open({ jwt, seed: user.seed });
    const denied: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === "error") denied.push(status.error.message);
    })();
    connection.publish("up.alice", "mine");
    connection.publish("up.bob", "not mine");
    await connection.flush();
    await expect.poll(() => denied.join()).toContain("up.bob");
    expect(denied.join()).not.toContain("up.alice");
    await connection.close();
  });

  it("shuts out a revoked user, and lets in one whose JWT is newer than the revocation", async () => {
    const [account, user] = [createNkey("account"), createNkey("user")];
    await claims("UPDATE", anAccount(broker.signingKeys[0], account));
    const jwtOf = (issuedAt: number) => userJwt(account, { name: "u", user: user.public, issuedAt });
    const old = { jwt: jwtOf(seconds() - 10), seed: user.seed };
    const connection = await open(old);
    const closed = connection.status();
    await claims(
      "UPDATE",
      anAccount(broker.signingKeys[0], account, { revocations: { [user.public]: seconds() - 5 } }),
    );
    for await (const status of closed) if (status.type === "disconnect") break;
    await connection.close();
    await expect(open(old)).rejects.toThrow(/authorization/i);
    const again = await open({ jwt: jwtOf(seconds()), seed: user.seed });
    await again.close();
  });

  it("deletes an account: its users are out", async () => {
    const [account, user] = [createNkey("account"), createNkey("user")];
    const jwt = userJwt(account, { name: "u", user: user.public, issuedAt: seconds() });
    await claims("UPDATE", anAccount(broker.signingKeys[0], account));
    await (await open({ jwt, seed: user.seed })).close();
    const answer = await claims("DELETE", deleteAccountsJwt(broker.signingKeys[0], [account.public], seconds()));
    expect(answer).not.toHaveProperty("error");
    await expect(open({ jwt, seed: user.seed })).rejects.toThrow(/authorization/i);
  });
});
