import { spawnSync } from "node:child_process";
import type { TheCluster } from "./the-cluster.ts";

/** A pod of somebody who got into a tenant's namespace: a shell, as restricted as Pod Security asks for. */
export interface Visitor {
  /** True where it opens a TCP connection, that is: where it is let through. */
  readonly reaches: (host: string, port: number) => boolean;
  /** True where the name is known to the DNS that it has. */
  readonly resolves: (name: string) => boolean;
}

const restricted = {
  ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
  capabilities: { drop: ["ALL"] },
};

export const visitorPod = (
  namespace: string,
  name: string,
  { labels = {}, container = {} }: { labels?: Record<string, string>; container?: object } = {},
): object => ({
  ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels } },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        ...{ name: "shell", image: "busybox:1", command: ["sleep", "3600"], securityContext: restricted },
        resources: { requests: { cpu: "1m", memory: "8Mi" }, limits: { cpu: "100m", memory: "16Mi" } },
        ...container,
      },
    ],
  },
});

/** Places the pod, and waits until it runs and the cluster's rules hold for it. */
export function aVisitor(
  cluster: TheCluster,
  { namespace, name, labels }: { namespace: string; name: string; labels?: Record<string, string> },
): Visitor {
  cluster.apply(visitorPod(namespace, name, labels ? { labels } : {}));
  cluster.kubectl("-n", namespace, "wait", `pod/${name}`, "--for=condition=Ready", "--timeout=60s");
  const run = (...command: string[]): boolean => {
    const { status, stderr } = spawnSync(
      "kubectl",
      ["--kubeconfig", cluster.kubeconfig, "-n", namespace, "exec", name, "--", ...command],
      { encoding: "utf8", timeout: 20_000 },
    );
    // What did not run at all proves nothing.
    if (status === null || (status !== 0 && !stderr.includes("terminated with exit code")))
      throw new Error(`kubectl exec ${command.join(" ")}: ${stderr}`);
    return status === 0;
  };
  return {
    reaches: (host, port) => run("timeout", "3", "nc", "-w", "2", host, String(port), "-e", "/bin/true"),
    resolves: (host) => run("timeout", "3", "nslookup", host),
  };
}
