import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { cloudwatchAlarms } from "#adapters/gates/cloudwatch-alarms.ts";
import { prometheusAlarms } from "#adapters/gates/prometheus-alarms.ts";
import { isPublicAddress } from "#adapters/gates/public-address.ts";
import { type Webhooks, webhookGates } from "#adapters/gates/webhook.ts";
import { gatesOf } from "#adapters/gates.ts";
import { systemClock } from "#adapters/world.ts";
import { parse } from "#core/model/parse.ts";
import { type AskedGate, GateSpec } from "#core/model/rollout/gate.ts";
import { checkSignature } from "../../standalone/step-functions/signature.ts";
import { aQuestion, gatesContract } from "../contracts/gates.ts";

interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
type Answer = (call: Call, response: ServerResponse) => void;

interface Listening {
  readonly url: string;
  readonly calls: Call[];
  answer: Answer;
  close(): Promise<void>;
}

async function listening(answer: Answer): Promise<Listening> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const call = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
    calls.push(call);
    self.answer(call, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const self: Listening = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return self;
}

const json =
  (status: number, value: unknown): Answer =>
  (_call, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
const silent: Answer = () => {};
const text =
  (status: number, value: string): Answer =>
  (_call, response) =>
    response.writeHead(status).end(value);
const asked = (gate: object): AskedGate => parse(GateSpec, { before: 1, ...gate }) as AskedGate;

const SECRET = "the-key-of-webhooks";
const webhooks = (options: Partial<Webhooks> = {}) =>
  gatesOf({ webhook: webhookGates({ secret: async () => SECRET, allowed: [], clock: systemClock, ...options }) });

gatesContract("webhook", async () => {
  const server = await listening(silent);
  const answers: Readonly<Record<string, Answer>> = {
    yes: json(200, { pass: true, reason: "green" }),
    no: json(200, { pass: false, reason: "errors rise" }),
    "not-yet": json(202, {}),
    nonsense: text(200, "<html>"),
    error: text(404, ""),
    nothing: silent,
  };
  return {
    gates: webhooks({ allowed: [server.url] }),
    gate: asked({ kind: "webhook", url: `${server.url}/ask`, retries: 0 }),
    say: (what) => {
      server.answer = answers[what] ?? silent;
    },
    close: () => server.close(),
  };
});

const vector = (...result: object[]) => json(200, { status: "success", data: { resultType: "vector", result } });

gatesContract("alarms of Prometheus", async () => {
  const server = await listening(silent);
  const answers: Readonly<Record<string, Answer>> = {
    yes: vector(),
    no: vector({ metric: { job: "api" }, value: [1, "3"] }),
    "not-yet": json(400, { status: "error", errorType: "bad_data", error: "parse error" }),
    nonsense: json(200, { status: "success", data: { resultType: "scalar", result: [1, "1"] } }),
    error: text(503, "starting"),
    nothing: silent,
  };
  return {
    gates: gatesOf({ alarm: prometheusAlarms(server.url) }),
    gate: asked({ kind: "alarm", alarm: "up == 0" }),
    say: (what) => {
      server.answer = answers[what] ?? silent;
    },
    close: () => server.close(),
  };
});

const alarmIs = (StateValue: string, kind = "MetricAlarms") =>
  json(200, { [kind]: [{ AlarmName: "errors", StateValue, StateReason: "3 datapoints" }] });
const pair = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
const cloudwatch = (endpoint: string, lent: object = {}) =>
  gatesOf({
    alarm: cloudwatchAlarms({
      ...{ region: "eu-central-1", now: Date.now, endpoint },
      credentials: async () => ({ ...pair, ...lent }),
    }),
  });

gatesContract("alarms of CloudWatch", async () => {
  const server = await listening(silent);
  const answers: Readonly<Record<string, Answer>> = {
    yes: alarmIs("OK"),
    no: alarmIs("ALARM", "CompositeAlarms"),
    "not-yet": alarmIs("INSUFFICIENT_DATA"),
    nonsense: text(200, "<html>"),
    error: json(400, { __type: "com.amazon#ThrottlingException", message: "slow down" }),
    nothing: silent,
  };
  return {
    gates: cloudwatch(`${server.url}/`),
    gate: asked({ kind: "alarm", alarm: "errors" }),
    say: (what) => {
      server.answer = answers[what] ?? silent;
    },
    close: () => server.close(),
  };
});

describe("a gate that asks over HTTP", () => {
  const open: Listening[] = [];
  const serve = async (answer: Answer) => {
    const server = await listening(answer);
    open.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });
  const hook = (url: string, more: object = {}) => asked({ kind: "webhook", url, ...more });

  it("signs what it asks, and sends the question", async () => {
    const server = await serve(json(200, { pass: true }));
    await webhooks({ allowed: [server.url] }).ask(hook(`${server.url}/ask?team=a`), aQuestion, 5_000);
    const [call] = server.calls;
    expect(call).toMatchObject({ method: "POST", url: "/ask?team=a" });
    expect(JSON.parse(call?.body ?? "")).toEqual(aQuestion);
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = call?.headers ?? {};
    expect(Math.abs(Number(at) - Date.now() / 1_000)).toBeLessThan(10);
    const expected = createHmac("sha256", SECRET).update(`${id}.${at}.${call?.body}`).digest("base64");
    expect(signature).toBe(`v1,${expected}`);
  });

  it("asks again where that may help, by the same id, and no more often than it was told", async () => {
    const server = await serve((call, response) =>
      server.calls.length < 3 ? text(503, "")(call, response) : json(200, { pass: false })(call, response),
    );
    const gates = webhooks({ allowed: [server.url] });
    expect(await gates.ask(hook(server.url, { retries: 2 }), aQuestion, 5_000)).toMatchObject({ says: "no" });
    expect(new Set(server.calls.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    server.calls.splice(0);
    expect(await gates.ask(hook(server.url, { retries: 1 }), aQuestion, 5_000)).toMatchObject({
      says: "not-yet",
      detail: expect.stringContaining("503"),
    });
    expect(server.calls).toHaveLength(2);
  });

  it("follows no redirect", async () => {
    const secret = await serve(json(200, { pass: true }));
    const server = await serve((_call, response) => response.writeHead(307, { location: secret.url }).end());
    const answer = await webhooks({ allowed: [server.url, secret.url] }).ask(hook(server.url), aQuestion, 5_000);
    expect(answer).toMatchObject({ says: "not-yet", detail: expect.stringContaining("redirects") });
    expect(secret.calls).toEqual([]);
  });

  it.each([
    ["http", "http://gate.example/ask", "https"],
    ["a password", "https://ann:secret@gate.example/ask", "password"],
  ])("refuses %s before anything is planned", (_what, url, says) =>
    expect(webhooks().whyNot(hook(url))).toContain(says),
  );

  it.each([
    ["a private address", "https://10.0.0.8/ask", undefined],
    ["itself", "https://[::1]/ask", undefined],
    ["a name for a private address", "https://gate.example/ask", ["192.168.1.4"]],
    ["a name with one private address among others", "https://gate.example/ask", ["93.184.215.14", "127.0.0.1"]],
    ["a name that is nowhere", "https://gate.example/ask", []],
  ])("dials not %s", async (_what, url, places) => {
    const gates = webhooks(places ? { resolve: async () => places } : {});
    expect(await gates.ask(hook(url, { retries: 0 }), aQuestion, 2_000)).toMatchObject({
      says: "not-yet",
      detail: expect.stringContaining("not a public address"),
    });
  });

  it("is not possible where nothing is set up for it, and says what to set", async () => {
    const none = gatesOf({});
    expect(none.whyNot(asked({ kind: "alarm", alarm: "x" }))).toContain("CELLPLANE_PROMETHEUS_URL");
    expect(none.whyNot(hook("https://gate.example"))).toContain("manual");
    expect((await none.ask(hook("https://gate.example"), aQuestion, 1_000)).says).toBe("not-yet");
  });

  it("keeps what it is told short and on one line", async () => {
    const server = await serve(json(200, { pass: false, reason: `\u001b[2Jboo\n${"x".repeat(2_000)}` }));
    const { detail } = await webhooks({ allowed: [server.url] }).ask(hook(server.url), aQuestion, 5_000);
    expect(detail).toHaveLength(500);
    expect(detail).not.toMatch(/\p{Cc}/u);
  });

  it("asks Prometheus for the expression, below the path that was set", async () => {
    const server = await serve(vector());
    const gates = gatesOf({ alarm: prometheusAlarms(`${server.url}/prom`) });
    await gates.ask(asked({ kind: "alarm", alarm: 'rate(e{j="a&b"}[5m]) > 1' }), aQuestion, 5_000);
    const url = new URL(server.calls[0]?.url ?? "", server.url);
    expect([url.pathname, url.searchParams.get("query")]).toEqual(["/prom/api/v1/query", 'rate(e{j="a&b"}[5m]) > 1']);
  });

  it("signs what it asks CloudWatch, and knows an alarm by its whole name only", async () => {
    const server = await serve(alarmIs("OK"));
    const gate = asked({ kind: "alarm", alarm: "errors-of-other" });
    const answer = await cloudwatch(`${server.url}/`).ask(gate, aQuestion, 5_000);
    expect(answer).toEqual({ says: "not-yet", detail: "there is no alarm errors-of-other in eu-central-1" });
    const { method = "", url = "", headers = {}, body = "" } = server.calls[0] ?? {};
    expect(headers["x-amz-target"]).toBe("GraniteServiceVersion20100801.DescribeAlarms");
    const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const request = { method, path: url, query: "", headers: flat, body: Buffer.from(body) };
    const scope = { pair, region: "eu-central-1", service: "monitoring", now: Date.now() };
    expect(() => checkSignature(request, scope)).not.toThrow();
    expect(() => checkSignature({ ...request, body: Buffer.from("{}") }, scope)).toThrow();
  });

  it("signs the session of a lent key as well", async () => {
    const server = await serve(alarmIs("OK"));
    await cloudwatch(`${server.url}/`, { sessionToken: "session" }).ask(
      asked({ kind: "alarm", alarm: "errors" }),
      aQuestion,
      5_000,
    );
    expect(server.calls[0]?.headers["x-amz-security-token"]).toBe("session");
    expect(server.calls[0]?.headers.authorization).toContain("x-amz-security-token");
  });
});

describe("an address", () => {
  it.each(["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "172.32.0.1", "100.128.0.1"])(
    "%s is public",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    ...["0.0.0.0", "127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1"],
    ...["224.0.0.1", "255.255.255.255", "198.19.0.1", "::", "::1", "fe80::1", "fd00:ec2::254", "::ffff:10.0.0.1"],
    ...["::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::", "2001::1", "2001:db8::1", "ff02::1", "gate", ""],
  ])("%s is not", (address) => expect(isPublicAddress(address)).toBe(false));
});
