import type { KubeObject } from "#core/model/kube-object.ts";

/**
 * A small service for pods. `GET /` tells who answers; `/file?path=` reads; `/ill`, `/well` and `/unready` change what
 * `/live` and `/ready` say; `/exit?code=` ends it. SIGTERM ends it after open requests.
 */
export const web: readonly string[] = [
  process.execPath,
  "-e",
  `
  const { readFileSync } = require("node:fs");
  let live = 200, ready = 200;
  const routes = {
    "/": () => JSON.stringify({ pid: process.pid, args: process.argv.slice(1), env: process.env, cwd: process.cwd() }),
    "/file": (query) => readFileSync(query.get("path"), "utf8"),
    "/ill": () => { live = 500; return "" },
    "/unready": () => { ready = 500; return "" },
    "/well": () => { live = ready = 200; return "" },
    "/exit": (query) => { setTimeout(() => process.exit(Number(query.get("code"))), 5); return "" },
  };
  const server = require("node:http").createServer((asked, reply) => {
    const url = new URL(asked.url, "http://x");
    if (url.pathname === "/live") return reply.writeHead(live).end();
    if (url.pathname === "/ready") return reply.writeHead(ready).end();
    try { reply.end(routes[url.pathname](url.searchParams)); } catch (error) { reply.writeHead(500).end(String(error)); }
  });
  server.listen(Number(process.env.PORT_HTTP), process.env.LISTEN_HOST);
  if (process.env.STUBBORN) process.on("SIGTERM", () => {});
  else process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
  `,
];

/** Ends at once with the code that its first argument names. */
export const crash: readonly string[] = [process.execPath, "-e", "process.exit(Number(process.argv[1]))"];

/** Starts a child of its own, and both refuse to end. */
export const stubborn: readonly string[] = [
  "/bin/sh",
  "-c",
  "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & while :; do sleep 1; done",
];

/** Writes 1.2 MB to its log, then waits. */
export const chatty: readonly string[] = [
  process.execPath,
  "-e",
  `process.stdout.write("hello\\n".repeat(200_000)); setInterval(() => {}, 1_000)`,
];

type Member = Readonly<Record<string, unknown>>;

const labelled = (name: string, namespace: string) => ({ name, namespace, labels: { app: name } });

export const aNamespace = (name: string): KubeObject => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

/** A container of the image `web` that is ready when `/ready` says so. */
export const aContainer = (more: Member = {}): Member => ({
  name: "main",
  image: "web",
  ports: [{ name: "http", containerPort: 8080 }],
  readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 1, failureThreshold: 1 },
  ...more,
});

const template = (name: string, container: Member, more: Member) => ({
  metadata: { labels: { app: name }, ...(more.annotations ? { annotations: more.annotations } : {}) },
  spec: {
    containers: [container],
    terminationGracePeriodSeconds: 2,
    ...(more.volumes ? { volumes: more.volumes } : {}),
  },
});

/** One replica that is replaced by its successor only when that is ready. */
export const aDeployment = (namespace: string, container: Member = aContainer(), more: Member = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: labelled("web", namespace),
  spec: {
    replicas: more.replicas ?? 1,
    selector: { matchLabels: { app: "web" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: template("web", container, more),
  },
});

export const aStatefulSet = (namespace: string, container: Member = aContainer(), more: Member = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: labelled("db", namespace),
  spec: {
    replicas: 1,
    serviceName: "db",
    selector: { matchLabels: { app: "db" } },
    ...(more.updateStrategy ? { updateStrategy: more.updateStrategy } : {}),
    template: template("db", container, more),
  },
});

export const aService = (name: string, namespace: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: labelled(name, namespace),
  spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
});

export const aRoute = (host: string, namespace: string, sort: "http" | "tcp"): KubeObject => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: sort === "http" ? "IngressRoute" : "IngressRouteTCP",
  metadata: { name: "route", namespace },
  spec: {
    entryPoints: ["websecure"],
    routes: [
      sort === "http"
        ? { match: `Host(\`${host}\`)`, kind: "Rule", services: [{ name: "web", port: 80 }] }
        : { match: `HostSNI(\`${host}\`)`, services: [{ name: "web", port: "http" }] },
    ],
  },
});
