import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Credentials } from "#adapters/nats/connect.ts";
import { settingsInForce } from "#core/model/settings-in-force.ts";
import {
  ACCESS_FILE,
  orchestratorEnvironment as env,
  orchestratorSecretFiles as files,
  orchestratorPorts,
} from "#core/workload.ts";
import { builtAs } from "./build.ts";

/** All that an orchestrator is told by its cell. */
export interface Settings {
  readonly network: string;
  readonly cell: string;
  readonly release: string;
  readonly apiUrl: string;
  /** Of the CA there, where it is no public one. */
  readonly apiPin: string | undefined;
  readonly natsUrlPublic: string;
  readonly natsUrl: string;
  readonly listenHost: string;
  readonly portHttp: number;
  readonly portInternal: number;
  readonly nodeLimit: number;
  /** How often nodes report. */
  readonly heartbeatMs: number;
  /** How long a node's user JWT lives; it is renewed long before, and what is offline longer renews over HTTPS. */
  readonly credentialSeconds: number;
  readonly logLevel: string;
  readonly operatorSigningSeed: string;
  readonly system: Credentials;
  readonly orchestrator: Credentials;
  /** The one in use first; others only open what was sealed before. */
  readonly sealingKeys: readonly Buffer[];
  readonly natsCa: string;
  readonly internal: { readonly certificate: string; readonly key: string; readonly ca: string };
  /** The access document as it was mounted; newer ones come over the internal port. */
  readonly access: unknown;
}

/** Reads the environment and the files that it points to. Throws with the name of what is missing. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const value = (name: string, otherwise?: string): string => {
    const found = environment[name] ?? otherwise;
    if (found === undefined || found === "") throw new Error(`${name} is not set`);
    return found;
  };
  const secret = (name: string) => readFileSync(join(value(env.secretsDir), name), "utf8").trim();
  const optional = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  };
  const previous = optional(() => secret(files.sealingKeyPrevious));
  return {
    network: value(env.network),
    cell: value(env.cell),
    // A program that is not what was asked for says so, and its cell waits for the right one.
    release: builtAs ?? value(env.release),
    apiUrl: value(env.apiUrl),
    apiPin: environment[env.apiPin],
    natsUrlPublic: value(env.natsUrlPublic),
    natsUrl: value(env.natsUrl),
    listenHost: value(env.listenHost, "0.0.0.0"),
    portHttp: Number(value(env.portHttp, `${orchestratorPorts.http}`)),
    portInternal: Number(value(env.portInternal, `${orchestratorPorts.internal}`)),
    nodeLimit: Number(value(env.nodeLimit, "500")),
    ...settingsInForce(JSON.parse(value(env.settings, "{}"))),
    operatorSigningSeed: secret(files.operatorSigningSeed),
    system: { jwt: secret(files.systemJwt), seed: secret(files.systemSeed) },
    orchestrator: { jwt: secret(files.orchestratorJwt), seed: secret(files.orchestratorSeed) },
    sealingKeys: [secret(files.sealingKey), previous]
      .filter((key) => key !== undefined)
      .map((key) => Buffer.from(key, "base64url")),
    natsCa: secret(files.natsCa),
    internal: {
      certificate: secret(files.internalCertificate),
      key: secret(files.internalKey),
      ca: secret(files.internalCa),
    },
    access: optional(() => JSON.parse(readFileSync(join(value(env.accessDir), ACCESS_FILE), "utf8"))),
  };
}
