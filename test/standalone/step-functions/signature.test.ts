import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSignature, type SignedRequest } from "../../../standalone/step-functions/signature.ts";

/** Of the test suite that AWS publishes for Signature Version 4. */
const pair = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const scope = { pair, region: "us-east-1", service: "service", now: Date.UTC(2015, 7, 30, 12, 36) };
const authorization = (signature: string, signed = "host;x-amz-date", credential = "20150830/us-east-1/service") =>
  `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${credential}/aws4_request, SignedHeaders=${signed}, Signature=${signature}`;

const vanilla: SignedRequest = {
  method: "GET",
  path: "/",
  query: "",
  headers: {
    host: "example.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
    authorization: authorization("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
  },
  body: new Uint8Array(),
};
const withHeaders = (headers: Record<string, string>) => ({ ...vanilla, headers: { ...vanilla.headers, ...headers } });

describe("a signature", () => {
  it.each([
    ["get-vanilla", vanilla],
    [
      "post-vanilla",
      {
        ...withHeaders({
          authorization: authorization("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        }),
        method: "POST",
      },
    ],
    [
      "get-vanilla-query-order-key-case",
      {
        ...withHeaders({
          authorization: authorization("b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        }),
        query: "Param2=value2&Param1=value1",
      },
    ],
    [
      "get-header-value-trim",
      withHeaders({
        "my-header1": " value1",
        "my-header2": ' "a   b   c"',
        authorization: authorization(
          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
          "host;my-header1;my-header2;x-amz-date",
        ),
      }),
    ],
  ])("of AWS's own test suite is accepted: %s", (_name, request) => {
    expect(() => checkSignature(request, scope)).not.toThrow();
  });

  it.each([
    ["no Authorization", withHeaders({ authorization: "" }), "IncompleteSignatureException"],
    ["a bearer token", withHeaders({ authorization: "Bearer x" }), "IncompleteSignatureException"],
    ["another signature", withHeaders({ authorization: authorization("00".repeat(32)) }), "InvalidSignatureException"],
    ["a short signature", withHeaders({ authorization: authorization("5f") }), "InvalidSignatureException"],
    ["no signature", withHeaders({ authorization: authorization("") }), "IncompleteSignatureException"],
    [
      "a region that is not ours",
      withHeaders({ authorization: authorization("5f", "host;x-amz-date", "20150830/eu-west-1/service") }),
      "InvalidSignatureException",
    ],
    [
      "a service that is not ours",
      withHeaders({ authorization: authorization("5f", "host;x-amz-date", "20150830/us-east-1/lambda") }),
      "InvalidSignatureException",
    ],
    [
      "another day in the credential",
      withHeaders({ authorization: authorization("5f", "host;x-amz-date", "20150829/us-east-1/service") }),
      "IncompleteSignatureException",
    ],
    [
      "the host not signed",
      withHeaders({ authorization: authorization("5f", "x-amz-date") }),
      "InvalidSignatureException",
    ],
    ["the target not signed", withHeaders({ "x-amz-target": "a" }), "InvalidSignatureException"],
    ["a session token", withHeaders({ "x-amz-security-token": "t" }), "UnrecognizedClientException"],
    ["another hash of the body", withHeaders({ "x-amz-content-sha256": "00" }), "InvalidSignatureException"],
    ["another method", { ...vanilla, method: "PUT" }, "InvalidSignatureException"],
    ["another host", withHeaders({ host: "elsewhere.example" }), "InvalidSignatureException"],
    ["no date", withHeaders({ "x-amz-date": "" }), "IncompleteSignatureException"],
  ] as const)("is refused for %s", (_name, request, type) => {
    expect(() => checkSignature(request, scope)).toThrow(expect.objectContaining({ type, status: 400 }));
  });

  it("is refused when there is none at all", () => {
    const { authorization: _none, ...headers } = vanilla.headers;
    const type = "MissingAuthenticationTokenException";
    expect(() => checkSignature({ ...vanilla, headers }, scope)).toThrow(expect.objectContaining({ type }));
  });

  it.each([
    [-300_001, "Signature not yet current"],
    [-300_000, undefined],
    [300_000, undefined],
    [300_001, "Signature expired"],
  ])("made %i ms ago: %s", (age, message) => {
    const check = () => checkSignature(vanilla, { ...scope, now: scope.now + age });
    if (message) expect(check).toThrow(message);
    else expect(check).not.toThrow();
  });

  it("is refused for any other body", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (body) => {
        expect(() => checkSignature({ ...vanilla, body }, scope)).toThrow(/does not match/);
      }),
    );
  });
});
