/**
 * The contract between the manifests that the cell agent writes and the programs in a network's pods: names of images,
 * ports, environment variables and files. A cluster gives them; the programs read them; both sides name them from here.
 *
 * On Kubernetes the values in the manifests hold as they stand. The embedded cluster has one network stack and one file
 * system for all, so it resolves three things itself, by rule and for every container alike:
 * - `LISTEN_HOST` becomes 127.0.0.1 and `PORT_<NAME>` a free port, for every named container port `<name>`;
 * - an environment value or argument that begins with a mount path of the container becomes the local folder;
 * - `<service>.<namespace>.svc:<port>` inside an environment value becomes the local address of that service.
 */

/** Image names without registry; a cluster prefixes its own. The tag of the orchestrator is the release. */
export const images = {
  orchestrator: (release: string) => `cellplane/orchestrator:${release}`,
  nats: "nats:2.15.2",
} as const;

export const orchestratorPorts = { http: 8080, internal: 8444 } as const;
export const natsPorts = { client: 4222, monitor: 8222 } as const;

/** Names of services in a network's namespace. */
export const services = { orchestrator: "orchestrator", nats: "nats" } as const;

/** Environment of the orchestrator container. */
export const orchestratorEnvironment = {
  network: "CELLPLANE_NETWORK",
  cell: "CELLPLANE_CELL",
  release: "CELLPLANE_RELEASE",
  /** Where customers and nodes reach the API; goes into bootstrap tokens. */
  apiUrl: "CELLPLANE_API_URL",
  /** Base64url SHA-256 of the public key of the CA that signed there, where it is no public one; goes into bootstrap tokens. */
  apiPin: "CELLPLANE_API_PIN",
  /** Where nodes reach the broker. */
  natsUrlPublic: "CELLPLANE_NATS_URL_PUBLIC",
  /** Where the orchestrator itself reaches the broker. */
  natsUrl: "CELLPLANE_NATS_URL",
  secretsDir: "CELLPLANE_SECRETS_DIR",
  accessDir: "CELLPLANE_ACCESS_DIR",
  listenHost: "LISTEN_HOST",
  portHttp: "PORT_HTTP",
  portInternal: "PORT_INTERNAL",
  /** Most nodes that the plan allows. */
  nodeLimit: "CELLPLANE_NODE_LIMIT",
  /** The network's settings as they were ordered, in JSON: each release knows its own. */
  settings: "CELLPLANE_SETTINGS",
} as const;

/** Files in the orchestrator's secrets folder. */
export const orchestratorSecretFiles = {
  operatorSigningSeed: "operator-signing.seed",
  systemJwt: "sys.jwt",
  systemSeed: "sys.seed",
  orchestratorJwt: "orch.jwt",
  orchestratorSeed: "orch.seed",
  sealingKey: "sealing.key",
  sealingKeyPrevious: "sealing-previous.key",
  natsCa: "nats-ca.pem",
  internalCertificate: "internal.crt",
  internalKey: "internal.key",
  internalCa: "internal-ca.pem",
} as const;

/** The one file in the access folder: an `AccessDocument`. */
export const ACCESS_FILE = "access.json";

/** Environment of the broker; `nats.conf` refers to each as `$NAME`. */
export const natsEnvironment = {
  listenHost: "LISTEN_HOST",
  portClient: "PORT_CLIENT",
  portMonitor: "PORT_MONITOR",
  tlsCertificate: "TLS_CERT",
  tlsKey: "TLS_KEY",
  jwtDir: "DATA_DIR_JWT",
  jetStreamDir: "DATA_DIR_JS",
} as const;

/** What the internal port of an orchestrator says of itself, long-polled by the agent. */
export interface OrchestratorStatus {
  readonly release: string;
  readonly ready: boolean;
  /** `edges`: `EdgeVersions` of those online. Releases of before did not tell it. */
  readonly nodes: {
    readonly online: number;
    readonly total: number;
    readonly edges?: Readonly<Record<string, number>> | undefined;
  };
  readonly accessGeneration: number;
  /** The id of the sealing key in use, once nothing is sealed with another. Releases of before did not tell it. */
  readonly sealedWith?: string | undefined;
  /** Changes whenever anything above does. */
  readonly version: string;
}

/** The SAN that a client certificate on the internal port must carry. */
export const internalClientName = (cell: string): string => `agent.${cell}`;
