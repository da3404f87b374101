import { createPrivateKey, sign } from "node:crypto";
import * as z from "zod";
import { newSigningKey, publicJwkOf } from "#adapters/jwt.ts";
import type { PublicJwk } from "#core/model/access.ts";
import type { Cluster } from "#core/ports.ts";
import { keptOnce, keptRef } from "../kept.ts";
import { type Authority, currentAuthority } from "./authority.ts";

const PrivateJwk = z.object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string(), d: z.string() });

export interface CertificateAuthorities {
  /** Of the provisioning API: what the control plane trusts. */
  readonly api: Authority;
  /** Of the brokers: what nodes trust. */
  readonly nats: Authority;
  /** Of the internal ports: what agent and orchestrators trust of one another. Never the NATS CA. */
  readonly internal: Authority;
}

/** The authorities as they are now: each property is read anew at every use. */
export interface LiveAuthorities extends CertificateAuthorities {
  /** Makes what is due, takes over what another agent made; answers whether anything is different now. */
  refresh(now: number): Promise<boolean>;
}

const titles = {
  api: ["api-ca", "cellplane provisioning API CA"],
  nats: ["nats-ca", "cellplane NATS CA"],
  internal: ["internal-ca", "cellplane internal CA"],
} as const;

/** Who the cell is. */
export interface Identity {
  readonly publicKey: PublicJwk;
  /** Base64url ES256 signature, r and s, over the UTF-8 text. */
  sign(text: string): string;
}

/** The keys of the cell itself, made at its first start. */
export async function cellKeys(
  cluster: Cluster,
  now: number,
): Promise<{ identity: Identity; authorities: LiveAuthorities }> {
  const jwk = await keptOnce(cluster, keptRef("Secret", "cell-identity"), {
    parse: (value) => PrivateJwk.parse(value),
    make: async () => PrivateJwk.parse(await newSigningKey()),
  });
  const privateKey = createPrivateKey({ key: jwk.value, format: "jwk" });
  return {
    identity: {
      publicKey: await publicJwkOf(jwk.value),
      sign: (text) =>
        sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url"),
    },
    authorities: await openAuthorities(cluster, now),
  };
}

async function openAuthorities(cluster: Cluster, now: number): Promise<LiveAuthorities> {
  const read = async (at: number): Promise<CertificateAuthorities> => {
    const one = ([name, title]: (typeof titles)[keyof typeof titles]) =>
      currentAuthority(cluster, { name, title, now: at });
    const [api, nats, internal] = await Promise.all([one(titles.api), one(titles.nats), one(titles.internal)]);
    return { api, nats, internal };
  };
  let current = await read(now);
  return {
    get api() {
      return current.api;
    },
    get nats() {
      return current.nats;
    },
    get internal() {
      return current.internal;
    },
    async refresh(at) {
      const before = JSON.stringify(current);
      current = await read(at);
      return JSON.stringify(current) !== before;
    },
  };
}
