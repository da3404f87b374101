import { expect, it } from "vitest";
import { kubernetesCluster } from "#adapters/kubernetes.ts";
import { watchObjects } from "../../../cell-agent/observe/objects.ts";
import { aServer } from "../../adapters/kubernetes/a-server.ts";

const dial = { host: "127.0.0.1", port: 1 };
const ingress = { publicPorts: { api: 443, nats: 4222 }, dial: { api: dial, nats: dial } };
const name = "net-00000000000000000000000001";

it("drops what went away while a watch was forgotten, and nothing before all that is left was told", async () => {
  const service = (of: string, uid: string) => ({
    ...{ apiVersion: "v1", kind: "Service" },
    metadata: { name: of, namespace: name, uid, resourceVersion: "5", labels: { "cellplane.dev/network": name } },
  });
  const [stays, goes] = [service("orchestrator", "1"), service("nats", "2")];
  const end = { metadata: { resourceVersion: "7", annotations: { "k8s.io/initial-events-end": "true" } } };
  const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
  let watches = 0;
  const server = await aServer((request, answer) => {
    const { pathname } = new URL(request.url ?? "/", "http://server");
    if (pathname !== "/api/v1/services") return void answer.write(line("BOOKMARK", end));
    watches += 1;
    if (watches === 1) answer.end(line("ADDED", stays) + line("ADDED", goes) + line("BOOKMARK", end));
    else if (watches === 2) answer.writeHead(410).end("{}");
    // Half of what there is, and cut off.
    else if (watches === 3) answer.end("\n");
    else answer.write(line("ADDED", stays) + line("BOOKMARK", end));
  });
  const over = new AbortController();
  const log = () => {};
  const cluster = kubernetesCluster({ endpoint: server.endpoint, ingress, log });
  const heard: string[] = [];
  const onChange = (instance: string) => void heard.push(instance);
  const objects = watchObjects({ cluster, log, signal: over.signal, onChange });
  await objects.synced;
  const names = () => objects.of(name).map(({ metadata }) => metadata.name);
  expect(names()).toEqual(["orchestrator", "nats"]);

  await expect.poll(names).toEqual(["orchestrator"]);
  expect(watches).toBe(4);
  expect(heard).toEqual([name, name, name]);
  over.abort();
  cluster.close();
  server.close();
});
