import { readFileSync } from "node:fs";
import * as z from "zod";
import type { Ingress } from "#adapters/kubernetes.ts";
import type { Dial } from "#core/ports.ts";
import type { Doors } from "./doors.ts";

const Port = z.coerce.number().int().min(1).max(65_535);

/** `host:port`, an IPv6 host in brackets. */
const Address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, "must be host:port")
  .transform((text): Dial => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
  });

/** Traefik's Service as its chart installs it. */
const TRAEFIK = { api: "traefik.traefik.svc:443", nats: "traefik.traefik.svc:4222" };

/** What the environment says; each missing or wrong value is named. */
const Environment = z.object({
  CELLPLANE_URL: z.url().optional(),
  CELLPLANE_JOIN_TOKEN: z.string().optional(),
  CELLPLANE_JOIN_TOKEN_FILE: z.string().optional(),
  CELLPLANE_CLUSTER_URL: z.url().optional(),
  CELLPLANE_CLUSTER_TOKEN_FILE: z.string().optional(),
  KUBECONFIG: z.string().min(1).optional(),
  CELLPLANE_INGRESS_API: Address.default(Address.parse(TRAEFIK.api)),
  CELLPLANE_INGRESS_NATS: Address.default(Address.parse(TRAEFIK.nats)),
  CELLPLANE_PUBLIC_API_PORT: Port.default(443),
  CELLPLANE_PUBLIC_NATS_PORT: Port.default(4222),
  CELLPLANE_REPLICA: z.string().min(1).optional(),
  HOSTNAME: z.string().optional(),
  LISTEN_HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  CELLPLANE_PUBLIC_URL: z.url().optional(),
  CELLPLANE_CELL_DOMAIN: z.string().min(1),
  CELLPLANE_API_TLS_SECRET: z.string().min(1).optional(),
  CELLPLANE_API_CA_FILE: z.string().min(1).optional(),
  CELLPLANE_NATS_PROXY_PROTOCOL: z.enum(["true", "false"]).default("false"),
  CELLPLANE_IMAGE_REGISTRY: z.string().regex(/\/$/, "must end with a slash").optional(),
  CELLPLANE_NETWORK_LIMIT: z.coerce.number().int().nonnegative().optional(),
  CELLPLANE_LIFELINE: z.enum(["stdin"]).optional(),
  CELLPLANE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("warn"),
});

/** The embedded cluster of a laptop, or Kubernetes: as a pod of it, or from outside by a kubeconfig. */
export type ClusterSettings =
  | { readonly kind: "embedded"; readonly url: string; readonly token: string }
  | { readonly kind: "kubernetes"; readonly kubeconfig: string | undefined; readonly ingress: Ingress };

export interface Settings {
  /** Absent: there is none, and people write instances with kubectl. */
  readonly controlPlane: URL | undefined;
  /** `undefined` while there is none: the file may come later, and goes after the join. */
  readonly joinToken: () => string | undefined;
  readonly cluster: ClusterSettings;
  /** How this process calls itself where replicas choose a leader: the name of its pod. */
  readonly replica: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Absent: where it listens. */
  readonly publicUrl: string | undefined;
  readonly domain: string;
  readonly doors: Doors;
  /** Before the names of the images of networks; `undefined`: as they are. */
  readonly imageRegistry: string | undefined;
  readonly networkLimit: number | null;
  readonly lifeline: boolean;
  readonly logLevel: string;
}

export function settingsOf(environment: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  const env = parsed.data;
  const textOf = (file: string) => readFileSync(file, "utf8").trim();
  return {
    controlPlane: env.CELLPLANE_URL === undefined ? undefined : new URL(env.CELLPLANE_URL),
    joinToken: () => env.CELLPLANE_JOIN_TOKEN ?? orNothing(() => textOf(env.CELLPLANE_JOIN_TOKEN_FILE ?? "")),
    cluster: clusterOf(env, textOf),
    replica: env.CELLPLANE_REPLICA ?? env.HOSTNAME ?? "cell-agent",
    listen: { host: env.LISTEN_HOST, port: env.PORT },
    publicUrl: env.CELLPLANE_PUBLIC_URL,
    domain: env.CELLPLANE_CELL_DOMAIN,
    doors: {
      ...(env.CELLPLANE_API_TLS_SECRET === undefined ? {} : { apiTlsSecret: env.CELLPLANE_API_TLS_SECRET }),
      ...(env.CELLPLANE_API_CA_FILE === undefined ? {} : { apiCaPem: textOf(env.CELLPLANE_API_CA_FILE) }),
      natsProxyProtocol: env.CELLPLANE_NATS_PROXY_PROTOCOL === "true",
    },
    imageRegistry: env.CELLPLANE_IMAGE_REGISTRY,
    networkLimit: env.CELLPLANE_NETWORK_LIMIT ?? null,
    lifeline: env.CELLPLANE_LIFELINE === "stdin",
    logLevel: env.CELLPLANE_LOG_LEVEL,
  };
}

function clusterOf(env: z.infer<typeof Environment>, textOf: (file: string) => string): ClusterSettings {
  const { CELLPLANE_CLUSTER_URL: url, CELLPLANE_CLUSTER_TOKEN_FILE: tokenFile, KUBECONFIG: kubeconfig } = env;
  if (url !== undefined) {
    if (tokenFile === undefined) throw new Error("CELLPLANE_CLUSTER_TOKEN_FILE: is needed with CELLPLANE_CLUSTER_URL");
    return { kind: "embedded", url, token: textOf(tokenFile) };
  }
  return {
    ...{ kind: "kubernetes", kubeconfig },
    ingress: {
      publicPorts: { api: env.CELLPLANE_PUBLIC_API_PORT, nats: env.CELLPLANE_PUBLIC_NATS_PORT },
      dial: { api: env.CELLPLANE_INGRESS_API, nats: env.CELLPLANE_INGRESS_NATS },
    },
  };
}

function orNothing(read: () => string): string | undefined {
  try {
    return read() || undefined;
  } catch {
    return undefined;
  }
}
