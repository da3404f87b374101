import type { RequestListener, ServerResponse } from "node:http";
import { afterEach, expect, it } from "vitest";
import { kubernetesCluster } from "#adapters/kubernetes.ts";
import type { ObjectEvent } from "#core/ports.ts";
import { type AServer, aServer } from "./a-server.ts";

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

const dial = { host: "127.0.0.1", port: 1 };
const ingress = { publicPorts: { api: 443, nats: 4222 }, dial: { api: dial, nats: dial } };

/** Watches ConfigMaps of a server; `heard` is the words for what it was told. */
async function aWatch(behave: RequestListener, silentAfterMs = 60_000): Promise<{ server: AServer; heard: string[] }> {
  const server = await aServer(behave);
  const cluster = kubernetesCluster({ endpoint: server.endpoint, ingress, log: () => {}, silentAfterMs });
  const heard: string[] = [];
  const over = new AbortController();
  const hear = (event: ObjectEvent) =>
    void heard.push("object" in event ? `${event.type} ${event.object.metadata.name}` : event.type);
  cluster.watch({ apiVersion: "v1", kind: "ConfigMap", namespace: "a" }, hear, over.signal);
  ends.push(server.close, cluster.close, () => over.abort());
  return { server, heard };
}

const line = (type: string, metadata: object) =>
  `${JSON.stringify({ type, object: { kind: "ConfigMap", metadata } })}\n`;
const initial = { "k8s.io/initial-events-end": "true" };
const allThereIs = (name: string, resourceVersion: string) =>
  line("ADDED", { name, resourceVersion }) + line("BOOKMARK", { resourceVersion, annotations: initial });
const queryOf = ({ requests }: AServer, at: number) =>
  new URL(requests.at(at)?.request.url ?? "/", "http://server").searchParams;
const tell = (answer: ServerResponse, text: string) => void answer.writeHead(200).write(text);

it("goes on where it was after a silence, whether before the first word or after", async () => {
  const { server, heard } = await aWatch((_, answer) => {
    if (server.requests.length === 1) return;
    if (server.requests.length === 2) tell(answer, allThereIs("first", "7"));
    if (server.requests.length === 3) tell(answer, line("ADDED", { name: "second", resourceVersion: "8" }));
  }, 300);
  await expect.poll(() => heard).toEqual(["begins", "present first", "synced", "present second"]);
  expect(queryOf(server, 2).get("resourceVersion")).toBe("7");
  await expect.poll(() => queryOf(server, 3).get("resourceVersion")).toBe("8");
});

it("does not take a watch for silent that tells where it is", async () => {
  const { server, heard } = await aWatch((_, answer) => {
    tell(answer, allThereIs("a", "7"));
    let version = 7;
    // For twice as long as it may be silent.
    const drip = setInterval(() => {
      version += 1;
      answer.write(line(version < 47 ? "BOOKMARK" : "DELETED", { name: "a", resourceVersion: String(version) }));
    }, 100);
    answer.once("close", () => clearInterval(drip));
  }, 2_000);
  await expect.poll(() => heard).toContain("gone a");
  expect(server.requests).toHaveLength(1);
});

it.each([
  ["by its status", (answer: ServerResponse) => answer.writeHead(410).end("{}")],
  [
    "in the stream",
    (answer: ServerResponse) =>
      tell(answer, `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, message: "too old" } })}\n`),
  ],
])("begins anew where the server has forgotten where it was, said %s", async (_, forget) => {
  const { server, heard } = await aWatch((_, answer) => {
    if (server.requests.length === 1) answer.end(allThereIs("first", "7"));
    else if (server.requests.length === 2) forget(answer);
    else tell(answer, allThereIs("second", "9"));
  });
  await expect.poll(() => heard).toEqual(["begins", "present first", "synced", "begins", "present second", "synced"]);
  expect(queryOf(server, 1).get("resourceVersion")).toBe("7");
  expect(queryOf(server, 2).get("resourceVersion")).toBeNull();
  expect(queryOf(server, 2).get("sendInitialEvents")).toBe("true");
});

it("survives a line that is not whole, or not understood", async () => {
  const { server, heard } = await aWatch((_, answer) => {
    if (server.requests.length === 1) tell(answer, "<html>busy</html>\n");
    else if (server.requests.length === 2) tell(answer, '{"type":"ADDED"}\n');
    else if (server.requests.length === 3) {
      tell(answer, line("ADDED", { name: "a", resourceVersion: "7" }).slice(0, 20));
      setImmediate(() => answer.destroy());
    } else tell(answer, allThereIs("a", "7"));
  });
  await expect.poll(() => heard).toEqual(["begins", "begins", "begins", "begins", "present a", "synced"]);
});

it("does not ask again before the server wants it to", async () => {
  const { server, heard } = await aWatch((_, answer) => {
    if (server.requests.length === 1) answer.writeHead(429, { "retry-after": "2" }).end("{}");
    else tell(answer, allThereIs("a", "7"));
  });
  await expect.poll(() => heard).toEqual(["begins", "present a", "synced"]);
  const [first, second] = server.requests;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_990);
});

it("asks ever less often a server that ends each watch after a word", async () => {
  const { server } = await aWatch((_, answer) => answer.end(allThereIs("a", "7")));
  await expect.poll(() => server.requests.length).toBeGreaterThanOrEqual(8);
  const at = (index: number) => server.requests[index]?.at ?? 0;
  // The sixth wait is of at least half a second: doubled five times from 50 ms, and at least half of that.
  expect(at(7) - at(6)).toBeGreaterThanOrEqual(490);
});
