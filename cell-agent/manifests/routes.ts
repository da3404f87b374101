import type { KubeObject } from "#core/model/kube-object.ts";
import { natsPorts, orchestratorPorts, services } from "#core/workload.ts";
import { metadataIn } from "./labels.ts";

const apiVersion = "traefik.io/v1alpha1";

/** The two doors from outside: the API by host over HTTPS; NATS by SNI, its TLS passed through untouched. */
export const routes = (namespace: string, host: string): KubeObject[] => [
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
      tls: {},
    },
  },
  {
    apiVersion,
    kind: "IngressRouteTCP",
    metadata: metadataIn(namespace, "nats"),
    spec: {
      entryPoints: ["nats"],
      routes: [{ match: `HostSNI(\`${host}\`)`, services: [{ name: services.nats, port: natsPorts.client }] }],
      tls: { passthrough: true },
    },
  },
];
