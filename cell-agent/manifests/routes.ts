import type { KubeObject } from "#core/model/kube-object.ts";
import { natsPorts, orchestratorPorts, services } from "#core/workload.ts";
import type { Doors } from "../doors.ts";
import { metadataIn } from "./labels.ts";

const apiVersion = "traefik.io/v1alpha1";

/**
 * The two doors from outside: the API by host over HTTPS; NATS by SNI, its TLS passed through untouched. They stand in the network's
 * own namespace and lead to its own Services, so none can lead to another network, whatever Traefik allows across namespaces.
 */
export const routes = (namespace: string, host: string, { apiTlsSecret, natsProxyProtocol }: Doors): KubeObject[] => [
  {
    apiVersion,
    kind: "IngressRoute",
    metadata: metadataIn(namespace, "api"),
    spec: {
      entryPoints: ["websecure"],
      routes: [
        {
          kind: "Rule",
          match: `Host(\`${host}\`)`,
          services: [{ name: services.orchestrator, port: orchestratorPorts.http }],
        },
      ],
      tls: apiTlsSecret === undefined ? {} : { secretName: apiTlsSecret },
    },
  },
  {
    apiVersion,
    kind: "IngressRouteTCP",
    metadata: metadataIn(namespace, "nats"),
    spec: {
      entryPoints: ["nats"],
      routes: [
        {
          match: `HostSNI(\`${host}\`)`,
          services: [
            {
              name: services.nats,
              port: natsPorts.client,
              ...(natsProxyProtocol ? { proxyProtocol: { version: 2 } } : {}),
            },
          ],
        },
      ],
      tls: { passthrough: true },
    },
  },
];
