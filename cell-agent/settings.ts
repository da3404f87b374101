import { readFileSync } from "node:fs";
import * as z from "zod";
import type { Doors } from "./doors.ts";

/** What the environment says; each missing or wrong value is named. */
const Environment = z.object({
  CELLPLANE_URL: z.url().optional(),
  CELLPLANE_JOIN_TOKEN: z.string().optional(),
  CELLPLANE_JOIN_TOKEN_FILE: z.string().optional(),
  CELLPLANE_CLUSTER_URL: z.url(),
  CELLPLANE_CLUSTER_TOKEN_FILE: z.string(),
  LISTEN_HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  CELLPLANE_PUBLIC_URL: z.url().optional(),
  CELLPLANE_CELL_DOMAIN: z.string().min(1),
  CELLPLANE_API_TLS_SECRET: z.string().min(1).optional(),
  CELLPLANE_API_CA_FILE: z.string().min(1).optional(),
  CELLPLANE_NATS_PROXY_PROTOCOL: z.enum(["true", "false"]).default("false"),
  CELLPLANE_NETWORK_LIMIT: z.coerce.number().int().nonnegative().optional(),
  CELLPLANE_LIFELINE: z.enum(["stdin"]).optional(),
  CELLPLANE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("warn"),
});

export interface Settings {
  /** Absent: there is none, and people write instances with kubectl. */
  readonly controlPlane: URL | undefined;
  /** `undefined` while there is none: the file may come later, and goes after the join. */
  readonly joinToken: () => string | undefined;
  readonly cluster: { readonly url: string; readonly token: string };
  readonly listen: { readonly host: string; readonly port: number };
  /** Absent: where it listens. */
  readonly publicUrl: string | undefined;
  readonly domain: string;
  readonly doors: Doors;
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
    cluster: { url: env.CELLPLANE_CLUSTER_URL, token: textOf(env.CELLPLANE_CLUSTER_TOKEN_FILE) },
    listen: { host: env.LISTEN_HOST, port: env.PORT },
    publicUrl: env.CELLPLANE_PUBLIC_URL,
    domain: env.CELLPLANE_CELL_DOMAIN,
    doors: {
      ...(env.CELLPLANE_API_TLS_SECRET === undefined ? {} : { apiTlsSecret: env.CELLPLANE_API_TLS_SECRET }),
      ...(env.CELLPLANE_API_CA_FILE === undefined ? {} : { apiCaPem: textOf(env.CELLPLANE_API_CA_FILE) }),
      natsProxyProtocol: env.CELLPLANE_NATS_PROXY_PROTOCOL === "true",
    },
    networkLimit: env.CELLPLANE_NETWORK_LIMIT ?? null,
    lifeline: env.CELLPLANE_LIFELINE === "stdin",
    logLevel: env.CELLPLANE_LOG_LEVEL,
  };
}

function orNothing(read: () => string): string | undefined {
  try {
    return read() || undefined;
  } catch {
    return undefined;
  }
}
