import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { kubeconfigCluster } from "#adapters/kubernetes.ts";
import { freePort } from "../free-port.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { theKubeconfig } from "./the-kubeconfig.ts";

const root = resolve(import.meta.dirname, "../..");

/** One replica of the agent, a process outside of the cluster, with a way of its own to the API server. */
export interface AgentProcess {
  readonly proxy: FaultProxy;
  /** What `/readyz` answers; status 0 where nobody does. */
  readyz(): Promise<{ status: number; type: string; body: string }>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, once it has ended; `null` after a signal that it could not hear. */
  readonly ended: Promise<number | null>;
  close(): Promise<void>;
}

export async function anAgentProcess(replica: string): Promise<AgentProcess> {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-agent-"));
  const proxy = await startFaultProxy(await kubeconfigCluster(theKubeconfig().kubeconfig));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigOf(proxy.endpoint.url));
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, "cell-agent/main.ts")], {
    cwd: root,
    stdio: ["ignore", "ignore", openSync(join(folder, "log"), "a")],
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: kubeconfig,
      PORT: String(port),
      CELLPLANE_REPLICA: replica,
      CELLPLANE_CELL_DOMAIN: "cell.test",
      CELLPLANE_INGRESS_API: "127.0.0.1:1",
      CELLPLANE_INGRESS_NATS: "127.0.0.1:1",
      CELLPLANE_LOG_LEVEL: "info",
    },
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  return {
    proxy,
    readyz: () => readyzOf(port),
    signal: (name) => void child.kill(name),
    ended,
    async close() {
      child.kill("SIGKILL");
      await ended;
      await proxy.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Whose lease it is; "" where nobody leads. */
export function leaderName(): string {
  const { kubectl } = theKubeconfig();
  const get = ["get", "lease", "cell-agent", "--ignore-not-found", "-o", "jsonpath={.spec.holderIdentity}"];
  return kubectl("-n", "cellplane-system", ...get).split("_")[0] ?? "";
}

/** The cluster with the CRD and without an agent: one of a test before this would have the lease. */
export function clearForProcesses(): void {
  const { kubectl, apply } = theKubeconfig();
  const ours = ["-n", "cellplane-system"];
  kubectl("apply", "--server-side", "--force-conflicts", "-f", join(root, "cell-agent/crd/networkinstances.yaml"));
  kubectl("wait", "--for=condition=Established", "crd/networkinstances.cellplane.dev", "--timeout=30s");
  apply(`apiVersion: v1
kind: Namespace
metadata: { name: cellplane-system }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: cellplane-tenant }
rules: []
`);
  kubectl(...ours, "delete", "deployment", "cell-agent", "--ignore-not-found", "--cascade=foreground", "--timeout=60s");
  kubectl(...ours, "delete", "lease", "cell-agent", "--ignore-not-found");
}

const kubeconfigOf = (server: URL): string =>
  JSON.stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": "it", users: [{ name: "it", user: {} }] },
    // The library takes plain HTTP only with this.
    clusters: [{ name: "it", cluster: { server: server.href, "insecure-skip-tls-verify": true } }],
    contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
  });

function readyzOf(port: number): ReturnType<AgentProcess["readyz"]> {
  return new Promise((done) => {
    const options = { host: "127.0.0.1", port, path: "/readyz", rejectUnauthorized: false, agent: false as const };
    const asked = request({ ...options, timeout: 1_000 }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      answer.on("end", () =>
        done({ status: answer.statusCode ?? 0, type: answer.headers["content-type"] ?? "", body }),
      );
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", () => done({ status: 0, type: "", body: "" }));
    asked.end();
  });
}
