import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AwsError } from "./aws-error.ts";

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A request as it came: header names in lower case, the path and query as in the request line. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a signature has to be made for. */
export interface Scope {
  readonly pair: KeyPair;
  readonly region: string;
  readonly service: string;
  readonly now: number;
}

/** How far the clocks of caller and endpoint may differ, as on AWS. It bounds for how long a request that was seen can be sent again. */
const SKEW_MS = 5 * 60_000;

/** Checks a request's AWS Signature Version 4 in its Authorization header; refuses with what AWS would say. */
export function checkSignature(request: SignedRequest, { pair, region, service, now }: Scope): void {
  const { headers } = request;
  const authorization = parse(headers.authorization);
  const { credential, signedHeaders, signature } = authorization;
  const [accessKeyId, day = "", scopeRegion = "", scopeService, terminator] = credential.split("/");

  if (accessKeyId !== pair.accessKeyId || headers["x-amz-security-token"] !== undefined)
    throw new AwsError("UnrecognizedClientException", "The security token included in the request is invalid.");
  if (scopeRegion !== region)
    throw invalid(`Credential should be scoped to the region '${region}', not '${scopeRegion}'.`);
  if (scopeService !== service || terminator !== "aws4_request")
    throw invalid(`Credential should be scoped to the service '${service}' and end with 'aws4_request'.`);

  const date = headers["x-amz-date"] ?? "";
  const at = timeOf(date);
  if (at === undefined || !date.startsWith(day))
    throw incomplete("The header 'X-Amz-Date' must be there, as 20260102T030405Z, on the day of the credential.");
  if (at < now - SKEW_MS) throw invalid(`Signature expired: ${date} is more than 5 minutes ago.`);
  if (at > now + SKEW_MS) throw invalid(`Signature not yet current: ${date} is more than 5 minutes ahead.`);

  const unsigned = Object.keys(headers).filter((name) => mustBeSigned(name) && !signedHeaders.includes(name));
  if (unsigned.length > 0) throw invalid(`There were headers which were not signed: ${unsigned.join(", ")}.`);
  const bodyHash = sha256(request.body);
  const claimed = headers["x-amz-content-sha256"];
  if (claimed !== undefined && claimed !== bodyHash) throw invalid("The body is not the one that was signed.");

  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical(request, signedHeaders, bodyHash))].join("\n");
  const key = [day, region, service, "aws4_request"].reduce(hmac, Buffer.from(`AWS4${pair.secretAccessKey}`));
  const expected = hmac(key, toSign);
  const given = Buffer.from(signature, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw invalid(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    );
}

/** The host, so that it was meant for us; all that AWS gives a meaning to, so that nobody between can change it. */
const mustBeSigned = (name: string) => name === "host" || name.startsWith("x-amz-");

function parse(header: string | undefined): { credential: string; signedHeaders: string[]; signature: string } {
  if (header === undefined) throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token");
  const [algorithm, rest = ""] = splitOnce(header, " ");
  const parts = new Map(rest.split(",").map((part) => splitOnce(part.trim(), "=")));
  const [credential, signed, signature] = ["Credential", "SignedHeaders", "Signature"].map((name) => parts.get(name));
  if (algorithm !== "AWS4-HMAC-SHA256" || !credential || !signed || !signature)
    throw incomplete("Authorization must be AWS4-HMAC-SHA256 with 'Credential', 'SignedHeaders' and 'Signature'.");
  return { credential, signedHeaders: signed.toLowerCase().split(";"), signature };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

function canonical({ method, path, query, headers }: SignedRequest, signed: readonly string[], hash: string): string {
  const parameters = query.split("&").filter(Boolean).toSorted().join("&");
  const lines = signed.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`);
  return [method, path, parameters, lines.join(""), signed.join(";"), hash].join("\n");
}

/** `20260102T030405Z` as milliseconds. */
function timeOf(date: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const time = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Number.isNaN(time) ? undefined : time;
}

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
const invalid = (message: string) => new AwsError("InvalidSignatureException", message);
const incomplete = (message: string) => new AwsError("IncompleteSignatureException", message);
