import type { RequestListener, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type Client, kubeClient } from "#adapters/kubernetes/client.ts";
import { type AServer, aServer } from "./a-server.ts";

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

async function aClient(behave: RequestListener, callTimeoutMs = 10_000): Promise<{ client: Client; server: AServer }> {
  const server = await aServer(behave);
  const client = kubeClient(server.endpoint, "a-test", { callTimeoutMs });
  ends.push(server.close, client.close);
  return { client, server };
}

const call = { method: "GET", path: "/api/v1/namespaces/a" } as const;
const found = { kind: "Namespace", metadata: { name: "a" } };
const refuse = (answer: ServerResponse, status: number, retryAfter?: string, details: object = {}) =>
  answer
    .writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter })
    .end(JSON.stringify({ kind: "Status", code: status, message: "not now", details }));

describe("a server that is busy", () => {
  it("is asked again after as long as it says, and the caller never hears of it", async () => {
    const { client, server } = await aClient((_, answer) => {
      if (server.requests.length === 1) refuse(answer, 429, "1");
      else answer.end(JSON.stringify(found));
    });
    expect(await client.call(call)).toEqual(found);
    const [first, second] = server.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
    expect(server.requests).toHaveLength(2);
  });

  it("is not waited for where that would take longer than a caller should hang: the caller is told when", async () => {
    const { client, server } = await aClient((_, answer) => refuse(answer, 429, "17"));
    await expect(client.call(call)).rejects.toMatchObject({
      kind: "unavailable",
      message: "The cluster: not now",
      details: { retryAfterSeconds: 17 },
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["in the header", "9", {}, 9],
    ["in the answer", undefined, { retryAfterSeconds: 8 }, 8],
    ["in both: the header is of whoever spoke last", "9", { retryAfterSeconds: 8 }, 9],
    ["as a date, which is not understood", "Wed, 21 Oct 2026 07:28:00 GMT", {}, undefined],
    ["below zero", "-5", {}, undefined],
    ["not at all", undefined, {}, undefined],
  ])("tells when to come back %s, and is not asked twice for other than 429", async (_, header, details, seconds) => {
    const { client, server } = await aClient((_, answer) => refuse(answer, 503, header, details));
    const refusal = await client.call(call).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ kind: "unavailable" });
    expect((refusal as { details: object }).details).toEqual(
      seconds === undefined ? {} : { retryAfterSeconds: seconds },
    );
    expect(server.requests).toHaveLength(1);
  });
});

describe("an answer that never ends", () => {
  const faults: Record<string, RequestListener> = {
    "because nothing comes": () => {},
    "after its headers": (_, answer) => answer.writeHead(200, { "content-length": 500 }).flushHeaders(),
    "in the middle": (_, answer) => void answer.writeHead(200, { "content-length": 500 }).write('{"kind":'),
    "in the middle, of no known length": (_, answer) => void answer.writeHead(200).write('{"kind":'),
    "in the middle of a refusal": (_, answer) => void answer.writeHead(500).write('{"kind":'),
    "but drips": (_, answer) => {
      const drip = setInterval(() => answer.write(" "), 20);
      answer.once("close", () => clearInterval(drip));
    },
  };
  it.each(Object.entries(faults))("is given up in time: %s", async (_, behave) => {
    const { client, server } = await aClient(behave, 1_000);
    await expect(client.call(call)).rejects.toMatchObject({ kind: "unavailable" });
    expect(server.requests).toHaveLength(1);
  });

  it("is no answer where it breaks off", async () => {
    const { client } = await aClient((_, answer) => {
      answer.writeHead(200, { "content-length": 500 }).write('{"kind":');
      setImmediate(() => answer.destroy());
    });
    await expect(client.call(call)).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("leaves the client as good as before", async () => {
    let broken = true;
    const { client } = await aClient((_, answer) => {
      if (broken) answer.writeHead(200, { "content-length": 500 }).write("{");
      else answer.end(JSON.stringify(found));
    }, 200);
    await Promise.all(Array.from({ length: 40 }, () => client.call(call).catch(() => {})));
    broken = false;
    await expect.poll(() => client.call(call).catch(() => undefined)).toEqual(found);
  });
});
