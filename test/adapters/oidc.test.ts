import * as jose from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { oidcPeople } from "#adapters/oidc.ts";
import type { People } from "#core/ports.ts";
import { aKey, anApi } from "../an-api.ts";
import { aControlPlane } from "../control-plane.ts";
import { anIssuer, type TestIssuer } from "./an-issuer.ts";

const accounts = {
  ann: { email: "ann@example.com", email_verified: true, name: "Ann" },
  eve: { email: "ann@example.com", email_verified: false },
  bare: {},
};
const minute = 60_000;

const open = ({ issuer }: TestIssuer) =>
  oidcPeople([{ issuer, audience: "cellplane", platformAudience: "cellplane-operators" }], { log: () => {} });

describe.each(["RS256", "ES256", "EdDSA"])("people of an issuer that signs with %s", (alg) => {
  it("are who it says", async () => {
    const issuer = await anIssuer(accounts, alg);
    const people = open(issuer);
    const token = await issuer.signIn("ann");
    expect(await people.identify(token, Date.now())).toEqual({
      issuer: issuer.issuer,
      subject: "ann",
      email: "ann@example.com",
      name: "Ann",
      platform: false,
    });
    await issuer.close();
  });
});

describe("people of an issuer", () => {
  let issuer: TestIssuer;
  let people: People;
  let now: number;
  beforeEach(async () => {
    issuer = await anIssuer(accounts, "ES256");
    people = open(issuer);
    now = Date.now();
  });
  afterEach(() => issuer.close());
  const keysAsked = () => issuer.asked.filter((path) => path.startsWith("/jwks")).length;
  const publicKey = async () => {
    const { keys } = (await (await fetch(`${issuer.issuer}/jwks`)).json()) as jose.JSONWebKeySet;
    const [key] = keys;
    if (!key) throw new Error("The issuer has no key.");
    return key;
  };
  const claims = () => ({
    sub: "ann",
    aud: "cellplane",
    iss: issuer.issuer,
    email: "ann@example.com",
    email_verified: true,
  });

  it("have no address that it has not verified, and need none", async () => {
    expect((await people.identify(await issuer.signIn("eve"), now)).email).toBeNull();
    expect(await people.identify(await issuer.signIn("bare"), now)).toMatchObject({
      subject: "bare",
      email: null,
      name: null,
    });
  });

  it("are operators of the platform by that audience alone", async () => {
    expect((await people.identify(await issuer.signIn("ann", "cellplane-operators"), now)).platform).toBe(true);
    const plain = oidcPeople([{ issuer: issuer.issuer, audience: "cellplane" }], { log: () => {} });
    await expect(plain.identify(await issuer.signIn("ann", "cellplane-operators"), now)).rejects.toMatchObject({
      kind: "unauthenticated",
    });
  });

  it.each<[string, () => Promise<string>]>([
    ["another audience", () => issuer.signIn("ann", "another")],
    [
      "another issuer",
      async () => {
        const other = await anIssuer(accounts, "ES256");
        const token = await other.signIn("ann");
        await other.close();
        return token;
      },
    ],
    [
      "a changed claim",
      async () => {
        const [header, payload = "", signature] = (await issuer.signIn("ann")).split(".");
        const changed = { ...JSON.parse(Buffer.from(payload, "base64url").toString()), sub: "eve" };
        return [header, Buffer.from(JSON.stringify(changed)).toString("base64url"), signature].join(".");
      },
    ],
    ["no signature", async () => new jose.UnsecuredJWT(claims()).setIssuedAt().setExpirationTime("1h").encode()],
    [
      "the public key taken for a shared secret",
      async () => {
        const jwk = await publicKey();
        const pem = await jose.exportSPKI(
          (await jose.importJWK(jwk, "ES256", { extractable: true })) as jose.CryptoKey,
        );
        return new jose.SignJWT(claims())
          .setProtectedHeader({ alg: "HS256", kid: jwk.kid ?? "" })
          .setIssuedAt()
          .setExpirationTime("1h")
          .sign(new TextEncoder().encode(pem));
      },
    ],
    [
      "a key of their own under the issuer's key id",
      async () => {
        const { privateKey } = await jose.generateKeyPair("ES256");
        return new jose.SignJWT(claims())
          .setProtectedHeader({ alg: "ES256", kid: (await publicKey()).kid ?? "" })
          .setIssuedAt()
          .setExpirationTime("1h")
          .sign(privateKey);
      },
    ],
    [
      "a key that they bring along",
      async () => {
        const { privateKey, publicKey: own } = await jose.generateKeyPair("ES256", { extractable: true });
        return new jose.SignJWT(claims())
          .setProtectedHeader({ alg: "ES256", jwk: await jose.exportJWK(own) })
          .setIssuedAt()
          .setExpirationTime("1h")
          .sign(privateKey);
      },
    ],
    ["nothing that is a token", async () => "a.b.c"],
  ])("are nobody with %s", async (_what, token) => {
    await expect(people.identify(await token(), now)).rejects.toMatchObject({ kind: "unauthenticated" });
  });

  it("are nobody once their token has expired, a minute of skew allowed", async () => {
    const token = await issuer.signIn("ann");
    const ends = (jose.decodeJwt(token).exp ?? 0) * 1_000;
    expect((await people.identify(token, ends + 59_000)).subject).toBe("ann");
    await expect(people.identify(token, ends + 61_000)).rejects.toThrow("expired");
  });

  it("are known by keys that are fetched once, however many come at once", async () => {
    const token = await issuer.signIn("ann");
    await Promise.all(Array.from({ length: 20 }, () => people.identify(token, now)));
    expect(keysAsked()).toBe(1);
  });

  it("stay in while the issuer is down, for as long as it is", async () => {
    const token = await issuer.signIn("ann");
    await people.identify(token, now);
    issuer.down(true);
    for (const later of [minute, 11 * minute, 30 * minute])
      expect((await people.identify(token, now + later)).subject).toBe("ann");
  });

  it("are told to try again where the issuer is down and nothing is kept, and come in when it is up", async () => {
    const token = await issuer.signIn("ann");
    issuer.down(true);
    await expect(people.identify(token, now)).rejects.toMatchObject({
      kind: "unavailable",
      details: { retryAfterSeconds: expect.any(Number) },
    });
    issuer.down(false);
    expect((await people.identify(token, now + 2_000)).subject).toBe("ann");
  });

  it("come in after the issuer changed its keys", async () => {
    await people.identify(await issuer.signIn("ann"), now);
    await issuer.rotate();
    const token = await issuer.signIn("ann");
    expect((await people.identify(token, now + minute)).subject).toBe("ann");
    expect(keysAsked()).toBe(2);
  });

  it("cannot make us ask the issuer without end by keys that nobody has", async () => {
    await people.identify(await issuer.signIn("ann"), now);
    const { privateKey } = await jose.generateKeyPair("ES256");
    for (let n = 0; n < 20; n++) {
      const forged = await new jose.SignJWT(claims())
        .setProtectedHeader({ alg: "ES256", kid: `unknown-${n}` })
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey);
      await expect(people.identify(forged, now + minute + n)).rejects.toMatchObject({ kind: "unauthenticated" });
    }
    expect(keysAsked()).toBe(2);
  });

  it("are believed only over TLS or from this machine", async () => {
    const far = oidcPeople([{ issuer: "http://issuer.example.com", audience: "cellplane" }], { log: () => {} });
    const token = new jose.UnsecuredJWT({ ...claims(), iss: "http://issuer.example.com" }).encode();
    await expect(far.identify(token, now)).rejects.toMatchObject({ kind: "unavailable" });
  });
});

it("somebody who was invited signs in by their issuer and is a member", async () => {
  const issuer = await anIssuer(accounts, "ES256");
  const plane = await aControlPlane({ people: open(issuer) });
  const call = anApi(plane, await aKey(plane));
  await call("POST", "/v1/orgs/default/members", { body: { email: "ann@example.com", role: "operator" } });
  const [eve, ann] = [await issuer.signIn("eve"), await issuer.signIn("ann")];
  expect((await call("GET", "/v1/orgs/default", { bearer: eve })).status).toBe(404);
  expect((await call("GET", "/v1/orgs/default", { bearer: ann })).status).toBe(200);
  expect((await call("GET", "/v1/me", { bearer: ann })).json).toMatchObject({
    kind: "user",
    name: "Ann",
    organizations: [{ slug: "default", role: "operator" }],
  });
  expect((await call("GET", "/v1/me", { bearer: `${ann}x` })).status).toBe(401);
  await plane.close();
  await issuer.close();
});
