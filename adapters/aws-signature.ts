import { createHash, createHmac } from "node:crypto";
import type { Lent } from "./eks/cluster-token.ts";

export interface Unsigned {
  /** Without a query. */
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The headers of a POST to AWS, with its Signature Version 4. All of them are signed. */
export function signedHeaders(
  { url, headers, body }: Unsigned,
  scope: { readonly lent: Lent; readonly region: string; readonly service: string; readonly now: number },
): Record<string, string> {
  const { lent, region, service, now } = scope;
  const at = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  const day = at.slice(0, 8);
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    "x-amz-date": at,
    ...(lent.sessionToken ? { "x-amz-security-token": lent.sessionToken } : {}),
  };
  const names = Object.keys(all).sort();
  const lines = names.map((name) => `${name}:${(all[name] ?? "").trim()}\n`).join("");
  const request = ["POST", url.pathname, "", lines, names.join(";"), sha256(body)].join("\n");
  const place = `${day}/${region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", at, place, sha256(request)].join("\n");
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${lent.secretAccessKey}`);
  const signature = hmac(key, toSign).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${lent.accessKeyId}/${place}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...all, authorization };
}
