import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { jwkSigner, newSigningKey } from "#adapters/jwt.ts";
import { type HttpAnswer, sendRequest } from "#adapters/request.ts";
import type { Claims, Signer } from "#core/ports.ts";
import { aNetwork, anOrder, aServedCell, ids, type ServedCell } from "./a-served-cell.ts";

/** One call, well signed unless told otherwise. */
interface Trial {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly raw?: string;
  readonly contentType?: string;
  readonly claims?: Partial<Record<string, unknown>>;
  readonly typ?: string;
  readonly by?: Signer;
  readonly authorization?: string | null;
}

describe("the provisioning API", () => {
  let served: ServedCell;
  let stranger: Signer;
  beforeAll(async () => {
    served = await aServedCell();
    stranger = await jwkSigner(await newSigningKey());
    await vi.waitFor(() => expect(served.controlPlane.joins).toHaveLength(1), { timeout: 30_000 });
    await served.whenReady();
  });
  afterAll(() => served.close());

  async function call(trial: Trial): Promise<HttpAnswer> {
    const { method = "GET", path, claims = {}, typ = "cell+jwt", by = served.signer } = trial;
    const body = trial.raw ?? (trial.body === undefined ? undefined : JSON.stringify(trial.body));
    const now = Math.floor(Date.now() / 1_000);
    const said = {
      ...{ iss: "https://control.test", aud: served.id, iat: now, exp: now + 60, jti: randomUUID() },
      ...{
        htm: method,
        htu: path,
        bh: createHash("sha256")
          .update(body ?? "")
          .digest("base64url"),
      },
      ...claims,
    };
    const authorization = trial.authorization ?? `Bearer ${await by.sign(typ, said as Claims)}`;
    return sendRequest({
      method,
      url: new URL(path, served.agent().url),
      headers: {
        ...(trial.authorization === null ? {} : { authorization }),
        ...(body === undefined ? {} : { "content-type": trial.contentType ?? "application/json" }),
      },
      tls: { ca: served.address().caPem },
      timeoutMs: 30_000,
      ...(body === undefined ? {} : { body }),
    });
  }

  const now = () => Math.floor(Date.now() / 1_000);

  it("answers a well signed call", async () => {
    expect((await call({ path: "/v1/networks" })).status).toBe(200);
  });

  it.each<[string, () => Partial<Trial>]>([
    ["no token", () => ({ authorization: null })],
    ["another scheme", () => ({ authorization: "Basic YTpi" })],
    ["what is no token", () => ({ authorization: "Bearer cpk_0123456789ab_secret" })],
    ["another type", () => ({ typ: "network+jwt" })],
    ["another cell as audience", () => ({ claims: { aud: ids.next("cel") } })],
    ["no audience", () => ({ claims: { aud: undefined } })],
    ["an end in the past", () => ({ claims: { iat: now() - 400, exp: now() - 100 } })],
    ["a life above 5 minutes", () => ({ claims: { exp: now() + 301 } })],
    ["a beginning in the future", () => ({ claims: { iat: now() + 200, exp: now() + 260 } })],
    ["no end", () => ({ claims: { exp: undefined } })],
    ["no id", () => ({ claims: { jti: undefined } })],
    ["another method", () => ({ claims: { htm: "DELETE" } })],
    ["another path", () => ({ claims: { htu: "/v1/report" } })],
    ["a query that was not signed", () => ({ path: "/v1/networks?limit=1", claims: { htu: "/v1/networks" } })],
    ["another body", () => ({ claims: { bh: createHash("sha256").update("x").digest("base64url") } })],
    ["a key that is not pinned", () => ({ by: stranger })],
  ])("refuses %s", async (_, wrong) => {
    const answer = await call({ path: "/v1/networks", ...wrong() });
    expect(answer.status).toBe(401);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(JSON.parse(answer.body)).toMatchObject({ type: "urn:cellplane:unauthenticated", status: 401 });
  });

  it("takes a token once", async () => {
    const jti = randomUUID();
    expect((await call({ path: "/v1/networks", claims: { jti } })).status).toBe(200);
    expect((await call({ path: "/v1/networks", claims: { jti } })).status).toBe(401);
  });

  it("takes no token made before it started, since it cannot know whether it was used", async () => {
    const answer = await call({ path: "/v1/networks", claims: { iat: now() - 3_000, exp: now() - 2_701 } });
    expect(answer.status).toBe(401);
    const early = now() - 50;
    const recent = await call({ path: "/v1/networks", claims: { iat: early, exp: early + 300 } });
    expect(recent.status).toBe(503);
    expect(JSON.parse(recent.body)).toMatchObject({ retryable: true });
  });

  const network = aNetwork();
  const path = `/v1/networks/${network}`;

  it.each<[string, number, Partial<Trial>]>([
    ["a body that is not JSON", 400, { method: "PUT", raw: "{" }],
    ["a body that is not UTF-8", 400, { method: "PUT", raw: '"\udc80"' }],
    ["no body", 415, { method: "PUT" }],
    ["another content type", 415, { method: "PUT", body: anOrder(), contentType: "text/plain" }],
    ["an empty order", 400, { method: "PUT", body: {} }],
    ["null", 400, { method: "PUT", body: null }],
    ["a field that is not known", 400, { method: "PUT", body: { ...anOrder(), more: 1 } }],
    ["generation 0", 400, { method: "PUT", body: { ...anOrder(), generation: 0 } }],
    ["a negative epoch", 400, { method: "PUT", body: { ...anOrder(), epoch: -1 } }],
    ["an unknown plan", 400, { method: "PUT", body: { ...anOrder(), spec: { ...anOrder().spec, plan: "huge" } } }],
    ["a release that is none", 400, { method: "PUT", body: anOrder({ release: "latest" }) }],
    ["what is no id of a network", 404, { method: "PUT", path: "/v1/networks/net_1", body: anOrder() }],
    ["a path out of the API", 404, { path: "/v1/networks/%2e%2e%2f" }],
    ["a network that is not here", 404, { path: `/v1/networks/${aNetwork()}` }],
    ["an unknown path", 404, { path: "/v2/networks", authorization: null }],
    ["a method that the path does not know", 405, { method: "POST", path: "/v1/networks", authorization: null }],
    ["a wait above 20 s", 400, { path: `${path}?wait=21` }],
    ["a wait that is no number", 400, { path: `${path}?wait=soon` }],
    ["a query that is not known", 400, { path: `${path}?later=1` }],
    ["a deletion without fence", 400, { method: "DELETE", path }],
    ["a cursor that is none", 400, { path: "/v1/networks?cursor=x" }],
    ["no keys", 400, { method: "PUT", path: "/v1/keys", body: { signingKeys: [] } }],
    ["an epoch below the present", 409, { method: "PUT", path: "/v1/epoch", body: { epoch: 0 } }],
  ])("answers %s with %i", async (_, status, trial) => {
    const answer = await call({ path, ...trial });
    expect(answer.status, answer.body).toBe(status);
    expect(JSON.parse(answer.body).detail).toMatch(/\w+.*\.$/);
    expect((await call({ path: "/v1/networks" })).body).toBe('{"items":[]}');
  });

  it("reads no more than 1 MiB", async () => {
    const answer = await call({ method: "PUT", path, raw: JSON.stringify({ text: "x".repeat(1024 * 1024) }) });
    expect(answer.status).toBe(413);
  });

  it("says without a token that it lives, and its figures to its own machine", async () => {
    for (const open of ["/healthz", "/readyz"])
      expect((await call({ path: open, authorization: null })).status).toBe(200);
    const figures = await call({ path: "/metrics", authorization: null });
    expect(figures.body).toContain('cellplane_agent_networks{phase="ready"} 0');
  });

  it("keeps the highest epoch it was told, and refuses orders of an earlier one", async () => {
    expect((await call({ method: "PUT", path: "/v1/epoch", body: { epoch: 1 } })).status).toBe(200);
    const order = { ...anOrder(), epoch: 2 };
    expect((await call({ method: "PUT", path, body: order })).status).toBe(200);
    const late = await call({ method: "PUT", path: `/v1/networks/${aNetwork()}`, body: anOrder() });
    expect(JSON.parse(late.body)).toMatchObject({ type: "urn:cellplane:stale-generation", highestSeen: { epoch: 2 } });
    expect((await call({ method: "DELETE", path: `${path}?epoch=2&generation=2` })).status).toBe(202);
    const gone = await call({ path: `${path}?generation=2&wait=20` });
    expect(gone.status).toBe(404);
  });

  it("pins the next signing keys when one of them asks for it", async () => {
    const [present] = await served.signer.publicKeys();
    const [next] = await stranger.publicKeys();
    const keys = (signingKeys: unknown[]) => ({ method: "PUT", path: "/v1/keys", body: { signingKeys } });
    expect((await call(keys([next]))).status).toBe(400);
    expect((await call(keys([present, next]))).status).toBe(200);
    expect((await call({ path: "/v1/networks", by: stranger })).status).toBe(200);
    expect((await call({ ...keys([next]), by: stranger })).status).toBe(200);
    expect((await call({ path: "/v1/networks" })).status).toBe(401);
    expect((await call({ ...keys([present]), by: stranger })).status).toBe(400);
    expect((await call({ ...keys([present, next]), by: stranger })).status).toBe(200);
  });

  it("lets at most 200 calls wait at once, and lets go of those whose caller has gone", async () => {
    const waiting = new AbortController();
    const { cursor } = JSON.parse((await call({ path: "/v1/report" })).body);
    const long = `/v1/report?since=${cursor}&wait=20`;
    const open = async () => {
      const figures = (await call({ path: "/metrics", authorization: null })).body;
      return Number(/^cellplane_agent_open_polls (\d+)$/m.exec(figures)?.[1]);
    };
    const token = async () => {
      const at = now();
      const claims = { iss: "x", aud: served.id, iat: at, exp: at + 60, jti: randomUUID(), htm: "GET", htu: long };
      return served.signer.sign("cell+jwt", { ...claims, bh: createHash("sha256").digest("base64url") });
    };
    const polls = Array.from({ length: 200 }, async () =>
      sendRequest({
        method: "GET",
        url: new URL(long, served.agent().url),
        headers: { authorization: `Bearer ${await token()}` },
        tls: { ca: served.address().caPem },
        timeoutMs: 30_000,
        signal: waiting.signal,
      }).catch(() => undefined),
    );
    await vi.waitFor(async () => expect(await open()).toBe(200), { timeout: 60_000 });
    const refused = await call({ path: long });
    expect(refused.status).toBe(429);
    expect(refused.headers["retry-after"]).toBe("1");
    waiting.abort();
    await Promise.all(polls);
    await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 60_000 });
  });
});
