import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as jose from "jose";
import { Provider } from "oidc-provider";

/** Who can sign in at the issuer: the account is the name. */
export interface Account {
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
}

export interface TestIssuer {
  readonly issuer: string;
  /** Signs somebody in as a browser does, and gives the ID token that a client of this id gets. */
  signIn(account: string, client?: string): Promise<string>;
  /** From now on it signs with new keys, and has forgotten the old ones. */
  rotate(): Promise<void>;
  /** From now on every answer is 503, until it is up again. */
  down(isDown: boolean): void;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** What the issuer keeps; one for all of it, for it dies with the test. */
function keeping() {
  const kept = new Map<string, Record<string, unknown>>();
  return class {
    readonly kind: string;
    constructor(kind: string) {
      this.kind = kind;
    }
    async upsert(id: string, value: Record<string, unknown>) {
      kept.set(`${this.kind}/${id}`, value);
    }
    async find(id: string) {
      return kept.get(`${this.kind}/${id}`);
    }
    async findByUid(uid: string) {
      return [...kept].find(([key, value]) => key.startsWith(`${this.kind}/`) && value.uid === uid)?.[1];
    }
    async consume(id: string) {
      await this.upsert(id, { ...(await this.find(id)), consumed: Math.floor(Date.now() / 1_000) });
    }
    async destroy(id: string) {
      kept.delete(`${this.kind}/${id}`);
    }
  };
}

const redirectUri = "http://127.0.0.1/callback";
const clients = ["cellplane", "cellplane-operators", "another"];

/** A real issuer (oidc-provider) on a port of its own, where everybody of `accounts` signs in without a password. */
export async function anIssuer(accounts: Readonly<Record<string, Account>>, alg: string): Promise<TestIssuer> {
  const asked: string[] = [];
  let isDown = false;
  let serve: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (isDown) response.writeHead(503).end();
    else serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  serve = await serving(issuer, accounts, alg);

  return {
    issuer,
    asked,
    signIn: (account, client = "cellplane") => signIn(issuer, account, client),
    async rotate() {
      serve = await serving(issuer, accounts, alg);
    },
    down(to) {
      isDown = to;
    },
    close: () => closed(server),
  };
}

async function serving(issuer: string, accounts: Readonly<Record<string, Account>>, alg: string) {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  const jwk = await jose.exportJWK(privateKey);
  const kid = await jose.calculateJwkThumbprint(jwk);
  const provider: Provider = new Provider(issuer, {
    adapter: keeping(),
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 3_600 },
    jwks: { keys: [{ ...jwk, kid, alg, use: "sig" }] },
    clients: clients.map((id) => ({
      client_id: id,
      client_secret: "not-a-secret",
      redirect_uris: [redirectUri],
      id_token_signed_response_alg: alg,
    })),
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    cookies: { keys: ["test"] },
    pkce: { required: () => false },
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) =>
      accounts[id] && { accountId: id, claims: async () => ({ sub: id, ...accounts[id] }) },
    async loadExistingGrant({ oidc }: { oidc: { client: { clientId: string }; session: { accountId: string } } }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  return (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith("/interaction/")) return callback(request, response);
    void provider
      .interactionDetails(request, response)
      .then(({ params }) =>
        provider.interactionFinished(request, response, { login: { accountId: params.login_hint } }),
      );
  };
}

/** The authorization code flow: follows redirects with cookies until the client is called back, then fetches the tokens. */
async function signIn(issuer: string, account: string, client: string): Promise<string> {
  const query = new URLSearchParams({
    client_id: client,
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "openid email profile",
    login_hint: account,
  });
  const cookies = new Map<string, string>();
  let at = `${issuer}/auth?${query}`;
  while (!at.startsWith(redirectUri)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    const location = response.headers.get("location");
    if (!location) throw new Error(`${at} answered ${response.status}: ${await response.text()}`);
    at = new URL(location, at).href;
  }
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${client}:not-a-secret`).toString("base64")}` },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: new URL(at).searchParams.get("code") ?? "",
      redirect_uri: redirectUri,
    }),
  });
  const { id_token } = (await response.json()) as { id_token?: string };
  if (!id_token) throw new Error(`${account} got no ID token: ${response.status}`);
  return id_token;
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
