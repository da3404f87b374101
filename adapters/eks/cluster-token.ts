import { createHash, createHmac } from "node:crypto";

/** Keys of a role as AWS lends them. */
export interface Lent {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How long the presigned question may be asked; EKS takes no longer one. */
const GOOD_FOR_SECONDS = 60;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
/** As AWS encodes: nothing but letters, digits and `-_.~` stays. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The bearer token by which EKS knows a role: STS's question "who am I", signed for this one cluster, which EKS asks in our place.
 * Made with keys in hand; no call is needed.
 */
export function clusterToken(cluster: string, region: string, lent: Lent, now: number): string {
  const [day = "", time = ""] = new Date(now)
    .toISOString()
    .replace(/[-:]|\.\d+/g, "")
    .split("T");
  const at = `${day}T${time}`;
  const scope = `${day}/${region}/sts/aws4_request`;
  const host = `sts.${region}.amazonaws.com`;
  const query = Object.entries({
    Action: "GetCallerIdentity",
    Version: "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${lent.accessKeyId}/${scope}`,
    "X-Amz-Date": at,
    "X-Amz-Expires": String(GOOD_FOR_SECONDS),
    ...(lent.sessionToken ? { "X-Amz-Security-Token": lent.sessionToken } : {}),
    "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
  })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join("&");
  const request = ["GET", "/", query, `host:${host}`, `x-k8s-aws-id:${cluster}`, "", "host;x-k8s-aws-id", sha256("")];
  const toSign = ["AWS4-HMAC-SHA256", at, scope, sha256(request.join("\n"))].join("\n");
  const key = [day, region, "sts", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${lent.secretAccessKey}`);
  const url = `https://${host}/?${query}&X-Amz-Signature=${hmac(key, toSign).toString("hex")}`;
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}
