import { expect, it } from "vitest";
import { kubernetesCluster } from "#adapters/kubernetes.ts";
import { systemClock } from "#adapters/world.ts";
import { watchObjects } from "../../../cell-agent/observe/objects.ts";
import { aServer } from "../../adapters/kubernetes/a-server.ts";

const dial = { host: "127.0.0.1", port: 1 };
const ingress = { publicPorts: { api: 443, nats: 4222 }, dial: { api: dial, nats: dial } };
const name = "net-00000000000000000000000001";

it("drops what went away while a watch was forgotten, however often the cluster refuses to say what is left", async () => {
  const service = {
    ...{ apiVersion: "v1", kind: "Service" },
    metadata: {
      name: "nats",
      namespace: name,
      uid: "1",
      resourceVersion: "5",
      labels: { "cellplane.dev/network": name },
    },
  };
  const end = { metadata: { resourceVersion: "7", annotations: { "k8s.io/initial-events-end": "true" } } };
  const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
  const asked = { watches: 0, lists: 0 };
  const server = await aServer((request, answer) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://server");
    const isWatch = searchParams.has("watch");
    if (pathname !== "/api/v1/services") return void answer.write(line("BOOKMARK", end));
    if (!isWatch) {
      asked.lists += 1;
      answer.writeHead(asked.lists < 3 ? 500 : 200).end('{"items":[]}');
      return;
    }
    asked.watches += 1;
    if (asked.watches === 1) answer.end(line("ADDED", service) + line("BOOKMARK", end));
    else if (asked.watches === 2) answer.writeHead(410).end("{}");
    else answer.write(line("BOOKMARK", end));
  });
  const over = new AbortController();
  const log = () => {};
  const cluster = kubernetesCluster({ endpoint: server.endpoint, ingress, log });
  const heard: string[] = [];
  const onChange = (instance: string) => void heard.push(instance);
  const objects = watchObjects({ cluster, clock: systemClock, log, signal: over.signal, onChange });
  await objects.synced;
  expect(objects.of(name).map(({ kind }) => kind)).toEqual(["Service"]);

  await expect.poll(() => objects.of(name)).toEqual([]);
  expect(asked.lists).toBe(3);
  expect(heard).toEqual([name, name]);
  over.abort();
  cluster.close();
  server.close();
});
