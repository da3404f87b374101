import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { plainKubeconfig } from "./plain-kubeconfig.ts";

/** The API server, and how one of its clients proves who it is. */
export interface Endpoint {
  readonly url: URL;
  /** Trust, and this client's certificate where it has one. */
  readonly tls: Pick<RequestOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername">;
  /** Headers that a call must carry now: tokens are replaced while we run. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The kubelet writes a new token long before the old one ends; a file of 1 KiB need not be read for every call. */
const TOKEN_FOR_MS = 30_000;

/** The cluster that this process is a pod of, as its service account. */
export function ownCluster(environment: Readonly<Record<string, string | undefined>>, folder = ACCOUNT): Endpoint {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = environment;
  if (!host)
    throw new Error(
      "This process is not a pod of a cluster (KUBERNETES_SERVICE_HOST is not set). Outside of one, name a kubeconfig with KUBECONFIG.",
    );
  let token = "";
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    url: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    tls: { ca: readFileSync(`${folder}/ca.crt`) },
    async headers() {
      if (performance.now() - readAt > TOKEN_FOR_MS) {
        token = readFileSync(`${folder}/token`, "utf8").trim();
        readAt = performance.now();
      }
      return { authorization: `Bearer ${token}` };
    },
  };
}

/**
 * The current context of a kubeconfig, by whatever means it signs in. The library is loaded only here: it costs 36 MiB, a quarter of
 * what an agent may have.
 */
export async function kubeconfigCluster(file: string): Promise<Endpoint> {
  const plain = plainKubeconfig(file);
  if (plain) return plain;
  const { KubeConfig } = await import("./kube-config.ts");
  const config = new KubeConfig();
  config.loadFromFile(file);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`${file} names no current cluster. Choose one with kubectl config use-context.`);
  const signedIn = async () => {
    const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const { ca, cert, key, rejectUnauthorized, servername } = await signedIn();
  const tls = { ca, cert, key, rejectUnauthorized, servername };
  return {
    url: new URL(cluster.server),
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
    headers: async () => {
      const { headers } = await signedIn();
      return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    },
  };
}
