import { describe, expect, it } from "vitest";
import { clusterToken } from "#adapters/eks/cluster-token.ts";

const lent = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const at = Date.parse("2026-03-01T12:34:56.789Z");
const urlOf = (token: string) => new URL(Buffer.from(token.replace(/^k8s-aws-v1\./, ""), "base64url").toString());

describe("the token by which EKS knows a role", () => {
  // What the AWS SDK's own signer makes of the same question and keys.
  it.each([
    [undefined, "30223ed2a5a96732c5df9e57f7b6f1be8b202fd8607f5a6cf1d63c9bf7e4a95a"],
    ["a+session/token==", "8fa2f07da15de400e24dc13cdc74e58e965d1fe2a7fe1f143dcdad7365f7c674"],
  ])("is signed as the SDK signs, with the session %s", (sessionToken, signature) => {
    const token = clusterToken(
      "cellplane-eu-1",
      "eu-central-1",
      { ...lent, ...(sessionToken ? { sessionToken } : {}) },
      at,
    );
    const url = urlOf(token);
    expect(url.searchParams.get("X-Amz-Signature")).toBe(signature);
    expect(url.searchParams.get("X-Amz-Security-Token")).toBe(sessionToken ?? null);
  });

  it("asks STS of its region who one is, for a minute", () => {
    const url = urlOf(clusterToken("cellplane-eu-1", "eu-central-1", lent, at));
    expect(url.host).toBe("sts.eu-central-1.amazonaws.com");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: "GetCallerIdentity",
      "X-Amz-Expires": "60",
      "X-Amz-Date": "20260301T123456Z",
      "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    });
  });

  it("is good for one cluster alone", () => {
    const of = (cluster: string) =>
      urlOf(clusterToken(cluster, "eu-central-1", lent, at)).searchParams.get("X-Amz-Signature");
    expect(of("cellplane-eu-1")).not.toBe(of("cellplane-eu-2"));
  });
});
