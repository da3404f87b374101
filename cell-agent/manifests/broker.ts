import { createHash } from "node:crypto";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Plan } from "#core/model/plan.ts";
import { natsEnvironment as env, images, natsPorts as ports, services } from "#core/workload.ts";
import { containerSecurity, environmentOf, goMemoryLimit, podDefaults, resourcesOf } from "./container.ts";
import { componentLabels, labelsOf, metadataIn } from "./labels.ts";
import { natsSecretFiles as files, secretNames } from "./secrets.ts";

const paths = { secrets: "/secrets", data: "/data" } as const;

const health = { path: "/healthz?js-enabled-only=true", port: "monitor" };

/** The network's NATS server: one, with its disk. Only a change of its configuration or its size restarts it. */
export function broker(namespace: string, plan: Plan, natsConf: string, imageRegistry = ""): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadataIn(namespace, services.nats, "nats"),
    spec: {
      replicas: 1,
      serviceName: services.nats,
      selector: { matchLabels: componentLabels("nats") },
      updateStrategy: { type: "RollingUpdate" },
      template: {
        metadata: {
          labels: labelsOf(namespace, "nats"),
          annotations: { "cellplane.dev/config": createHash("sha256").update(natsConf).digest("hex") },
        },
        spec: {
          ...podDefaults,
          terminationGracePeriodSeconds: 30,
          containers: [
            {
              name: "nats",
              image: `${imageRegistry}${images.nats}`,
              args: ["--config", `${paths.secrets}/${files.config}`],
              env: environmentOf({
                [env.listenHost]: "0.0.0.0",
                [env.portClient]: String(ports.client),
                [env.portMonitor]: String(ports.monitor),
                [env.tlsCertificate]: `${paths.secrets}/${files.certificate}`,
                [env.tlsKey]: `${paths.secrets}/${files.key}`,
                [env.jwtDir]: `${paths.data}/jwt`,
                [env.jetStreamDir]: `${paths.data}/js`,
                GOMEMLIMIT: goMemoryLimit(plan.broker.memoryMiB),
              }),
              ports: [
                { name: "client", containerPort: ports.client },
                { name: "monitor", containerPort: ports.monitor },
              ],
              startupProbe: { httpGet: health, periodSeconds: 1, failureThreshold: 120 },
              readinessProbe: { httpGet: health, periodSeconds: 5, timeoutSeconds: 3 },
              livenessProbe: { tcpSocket: { port: "monitor" }, periodSeconds: 10, failureThreshold: 6 },
              resources: resourcesOf(plan.broker),
              securityContext: containerSecurity,
              volumeMounts: [
                { name: "secrets", mountPath: paths.secrets, readOnly: true },
                { name: "data", mountPath: paths.data },
              ],
            },
          ],
          volumes: [{ name: "secrets", secret: { secretName: secretNames.nats } }],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: "data", labels: labelsOf(namespace, "nats") },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: `${plan.storageGiB}Gi` } } },
        },
      ],
    },
  };
}
