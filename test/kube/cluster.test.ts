import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { kubeconfigCluster, kubernetesCluster } from "#adapters/kubernetes.ts";
import { clusterContract } from "../contracts/cluster.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import { theKubeconfig } from "./the-kubeconfig.ts";

const ingress = {
  publicPorts: { api: 443, nats: 4222 },
  dial: { api: { host: "10.0.0.1", port: 443 }, nats: { host: "10.0.0.1", port: 4222 } },
};
const log = () => {};

clusterContract("a real API server", async () => {
  const { kubeconfig, apply } = theKubeconfig();
  apply(readFileSync(join(import.meta.dirname, "../../cell-agent/crd/networkinstances.yaml"), "utf8"));
  const proxy = await startFaultProxy(await kubeconfigCluster(kubeconfig));
  const cluster = kubernetesCluster({ endpoint: proxy.endpoint, ingress, log });
  return {
    cluster,
    async interrupt() {
      proxy.cut();
    },
    async close() {
      cluster.close();
      await proxy.close();
    },
  };
});

it("tells public addresses without the port that everybody assumes", async () => {
  const endpoint = await kubeconfigCluster(theKubeconfig().kubeconfig);
  const cluster = kubernetesCluster({ endpoint, ingress, log });
  const { api, nats } = await cluster.addressesOf("net-1.cell.example");
  expect(api.url).toBe("https://net-1.cell.example");
  expect(nats.url).toBe("tls://net-1.cell.example:4222");
  cluster.close();
});
