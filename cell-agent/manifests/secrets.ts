import { createHash } from "node:crypto";
import { natsServerConfig } from "#adapters/nats/server-config.ts";
import type { AccessDocument } from "#core/model/access.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Plan } from "#core/model/plan.ts";
import { ACCESS_FILE, orchestratorSecretFiles as files } from "#core/workload.ts";
import type { Doors } from "../doors.ts";
import type { CertificateAuthorities } from "../keys/cell-keys.ts";
import type { Credentials } from "../keys/credentials.ts";
import type { NetworkKeys } from "../keys/network-keys.ts";
import { metadataIn } from "./labels.ts";

/** One for each program: it is given all of it, and nothing of the other's. */
export const secretNames = { nats: "nats", orchestrator: "orchestrator" } as const;

/** Files in the broker's folder. */
export const natsSecretFiles = { config: "nats.conf", certificate: "tls.crt", key: "tls.key" } as const;

export interface SecretContent {
  readonly namespace: string;
  readonly plan: Plan;
  readonly doors: Doors;
  readonly access: AccessDocument;
  readonly keys: NetworkKeys;
  readonly credentials: Credentials;
  readonly authorities: Pick<CertificateAuthorities, "nats" | "internal">;
}

/** What programs of a network may know. */
export const secrets = (of: SecretContent): KubeObject[] => [
  secret(of.namespace, secretNames.nats, {
    [natsSecretFiles.config]: natsConf(of),
    [natsSecretFiles.certificate]: of.credentials.nats.certPem,
    [natsSecretFiles.key]: of.credentials.nats.keyPem,
  }),
  secret(of.namespace, secretNames.orchestrator, {
    [files.operatorSigningSeed]: of.keys.signingSeeds[of.keys.activeSigningKey] ?? "",
    [files.systemJwt]: of.credentials.systemJwt,
    [files.systemSeed]: of.keys.system.userSeed,
    [files.orchestratorJwt]: of.credentials.orchestratorJwt,
    [files.orchestratorSeed]: of.keys.orchestrator.userSeed,
    [files.sealingKey]: of.keys.sealingKey,
    ...(of.keys.sealingKeyPrevious === undefined ? {} : { [files.sealingKeyPrevious]: of.keys.sealingKeyPrevious }),
    [files.natsCa]: of.authorities.nats.trustPem,
    [files.internalCertificate]: of.credentials.internal.certPem,
    [files.internalKey]: of.credentials.internal.keyPem,
    [files.internalCa]: of.authorities.internal.trustPem,
    // This one changes often. It is read again whenever it does, and nothing restarts for it.
    [ACCESS_FILE]: canonicalJson(of.access),
  }),
];

/**
 * Changes when an orchestrator must read its Secret again, that is: be started anew. Not when the sealing key of before goes: who has it
 * mounted has no use for it any more.
 */
export function orchestratorSecretsHash({ keys, credentials, authorities }: SecretContent): string {
  const { sealingKeyPrevious, ...used } = keys;
  const read = [
    used.signingSeeds[used.activeSigningKey],
    ...[used.system.userSeed, used.orchestrator.userSeed, used.sealingKey],
    ...[credentials.systemJwt, credentials.orchestratorJwt, credentials.internal.certPem],
    ...[authorities.nats.trustPem, authorities.internal.trustPem],
  ];
  return createHash("sha256").update(JSON.stringify(read)).digest("hex");
}

/** Room for every node, and for the orchestrator's own connections: one per workspace, and two. */
const connectionsOf = (plan: Plan): number => plan.nodes + 200;
const GIB = 1024 ** 3;
/** What JetStream may fill; the rest is for account JWTs and the file system itself. */
const SHARE_OF_VOLUME = 0.9;

/** The broker's configuration. It changes with the plan and the doors alone: the keys in it are made once. */
export const natsConf = ({
  namespace,
  plan,
  doors,
  keys,
}: Omit<SecretContent, "access" | "credentials" | "authorities">): string =>
  natsServerConfig({
    operatorJwt: keys.operatorJwt,
    system: { pub: keys.system.account, jwt: keys.system.accountJwt },
    orchestrator: { pub: keys.orchestrator.account, jwt: keys.orchestrator.accountJwt },
    serverName: namespace,
    maxConnections: connectionsOf(plan),
    maxFileBytes: Math.floor(plan.storageGiB * GIB * SHARE_OF_VOLUME),
    proxyProtocol: doors.natsProxyProtocol,
  });

function secret(namespace: string, name: string, content: Record<string, string>): KubeObject {
  const data = Object.fromEntries(
    Object.entries(content).map(([file, text]) => [file, Buffer.from(text).toString("base64")]),
  );
  return { apiVersion: "v1", kind: "Secret", metadata: metadataIn(namespace, name), type: "Opaque", data };
}
