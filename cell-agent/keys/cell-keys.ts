import { createPrivateKey, sign } from "node:crypto";
import * as z from "zod";
import { newSigningKey, publicJwkOf } from "#adapters/jwt.ts";
import { type Certified, createCa } from "#adapters/x509.ts";
import type { PublicJwk } from "#core/model/access.ts";
import type { Cluster } from "#core/ports.ts";
import { keptOnce, keptRef } from "../kept.ts";

/** CAs are made once: long before one ends, the next is handed out beside it. */
const CA_DAYS = 3_650;

const CaPair = z.strictObject({ certPem: z.string(), keyPem: z.string() });
const PrivateJwk = z.object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string(), d: z.string() });

export interface CertificateAuthorities {
  /** Of the provisioning API: what the control plane trusts. */
  readonly api: Certified;
  /** Of the brokers: what nodes trust. */
  readonly nats: Certified;
  /** Of the internal ports: what agent and orchestrators trust of one another. Never the NATS CA. */
  readonly internal: Certified;
}

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
): Promise<{ identity: Identity; authorities: CertificateAuthorities }> {
  const jwk = await keptOnce(cluster, keptRef("Secret", "cell-identity"), {
    parse: (value) => PrivateJwk.parse(value),
    make: async () => PrivateJwk.parse(await newSigningKey()),
  });
  const authority = async (name: string, title: string) =>
    (
      await keptOnce<Certified>(cluster, keptRef("Secret", name), {
        parse: (value) => CaPair.parse(value),
        make: () => createCa({ name: title, now, days: CA_DAYS }),
      })
    ).value;
  const [api, nats, internal] = await Promise.all([
    authority("api-ca", "cellplane provisioning API CA"),
    authority("nats-ca", "cellplane NATS CA"),
    authority("internal-ca", "cellplane internal CA"),
  ]);
  const privateKey = createPrivateKey({ key: jwk.value, format: "jwk" });
  return {
    identity: {
      publicKey: await publicJwkOf(jwk.value),
      sign: (text) =>
        sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url"),
    },
    authorities: { api, nats, internal },
  };
}
