import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { LOCAL_REGION } from "#adapters/local-workflows/arn.ts";
import { StartFailure } from "../start-failure.ts";
import { readIfThere, writeAtomically } from "../write-file.ts";
import type { KeyPair } from "./signature.ts";

/** Where the pair is kept, as an AWS credentials file: for its owner alone. */
export const credentialsFile = (data: string): string => join(data, "aws-credentials");

/** The pair that signs calls to the Step Functions endpoint, made at the first start. */
export function keyPairOf(data: string): KeyPair {
  const file = credentialsFile(data);
  const text = readIfThere(file);
  if (text !== undefined) {
    const pair = read(text);
    if (!pair)
      throw new StartFailure(`${file} has no key pair in [default]. Restore it, or remove it to get a new one.`);
    return pair;
  }
  const pair = { accessKeyId: newKeyId(), secretAccessKey: randomBytes(30).toString("base64") };
  writeAtomically(
    file,
    [
      "[default]",
      `aws_access_key_id = ${pair.accessKeyId}`,
      `aws_secret_access_key = ${pair.secretAccessKey}`,
      `region = ${LOCAL_REGION}`,
      "",
    ].join("\n"),
  );
  return pair;
}

/** Of the form that tools expect: 20 letters of base 32. */
function newKeyId(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return `AKIA${[...randomBytes(16)].map((byte) => letters.charAt(byte % 32)).join("")}`;
}

function read(text: string): KeyPair | undefined {
  const profile = /^\[default\]\s*$([^[]*)/m.exec(text)?.[1] ?? "";
  const value = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)\\s*$`, "m").exec(profile)?.[1];
  const accessKeyId = value("aws_access_key_id");
  const secretAccessKey = value("aws_secret_access_key");
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}
