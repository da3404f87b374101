import { readFileSync } from "node:fs";
import type { Endpoint } from "./endpoint.ts";

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly { readonly name: string; readonly context: { cluster: string; user: string } }[];
  readonly clusters?: readonly { readonly name: string; readonly cluster: Cluster }[];
  readonly users?: readonly { readonly name: string; readonly user: User }[];
}
interface Cluster {
  readonly server: string;
  readonly "certificate-authority-data"?: string;
}
interface User {
  readonly token?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key-data"?: string;
}

const understood = {
  cluster: ["server", "certificate-authority-data"],
  user: ["token", "client-certificate-data", "client-key-data"],
};

/**
 * The current context of a kubeconfig in JSON that has all in it (`kubectl config view --raw --minify --flatten -o json`) and signs in by
 * token or certificate. `undefined` for every other one: those need the library, and 36 MiB.
 */
export function plainKubeconfig(file: string): Endpoint | undefined {
  const text = readFileSync(file, "utf8");
  if (!text.trimStart().startsWith("{")) return undefined;
  const { contexts, clusters, users, "current-context": current } = JSON.parse(text) as Kubeconfig;
  const context = contexts?.find(({ name }) => name === current)?.context;
  const cluster = clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = users?.find(({ name }) => name === context?.user)?.user;
  if (!cluster || !user || !hasOnly(cluster, understood.cluster) || !hasOnly(user, understood.user)) return undefined;
  const pem = (base64: string | undefined) =>
    base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
  const tls = {
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  };
  const headers: Record<string, string> = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
  return {
    url: new URL(cluster.server),
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
    headers: async () => headers,
  };
}

const hasOnly = (object: object, names: readonly string[]): boolean =>
  Object.keys(object).every((name) => names.includes(name));
