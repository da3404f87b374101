import { natsEnvironment as env } from "#core/workload.ts";

export interface NatsServerConfig {
  readonly operatorJwt: string;
  /** The system account: its public key and JWT. */
  readonly system: { readonly pub: string; readonly jwt: string };
  /** The orchestrator's own account. Workspaces come at run time. */
  readonly orchestrator: { readonly pub: string; readonly jwt: string };
  readonly serverName: string;
  readonly maxConnections: number;
  readonly maxFileBytes: number;
  /** Takes the address of a client from what comes before its first byte. Who sends no such thing is let in as well. */
  readonly proxyProtocol?: boolean;
}

/**
 * The text of `nats.conf`. Every path, host and port is a reference to the environment (`core/workload.ts`), so the same text
 * serves a pod and a local process; a reference can only be a whole value.
 */
export const natsServerConfig = ({
  operatorJwt,
  system,
  orchestrator,
  serverName,
  maxConnections,
  maxFileBytes,
  proxyProtocol = false,
}: NatsServerConfig): string => `server_name: ${JSON.stringify(serverName)}
host: $${env.listenHost}
port: $${env.portClient}
http_port: $${env.portMonitor}
${proxyProtocol ? "proxy_protocol: true\n" : ""}max_connections: ${maxConnections}
max_payload: 1MB
max_control_line: 4KB
ping_interval: "20s"
ping_max: 2
write_deadline: "10s"
tls {
  cert_file: $${env.tlsCertificate}
  key_file: $${env.tlsKey}
  min_version: "1.3"
  timeout: 30
  handshake_first: true
}
authorization { timeout: 30 }
operator: ${operatorJwt}
system_account: ${system.pub}
resolver {
  type: full
  dir: $${env.jwtDir}
  allow_delete: true
  interval: "2m"
}
resolver_preload: {
  ${system.pub}: ${system.jwt}
  ${orchestrator.pub}: ${orchestrator.jwt}
}
jetstream {
  store_dir: $${env.jetStreamDir}
  max_mem: 64MB
  max_file: ${maxFileBytes}
  sync_interval: always
}
`;
