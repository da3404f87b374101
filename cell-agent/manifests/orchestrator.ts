import { canonicalJson } from "#core/model/canonical.ts";
import type { InstanceSpec } from "#core/model/instance.ts";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Plan } from "#core/model/plan.ts";
import type { NetworkAddresses } from "#core/ports.ts";
import {
  ACCESS_FILE,
  orchestratorEnvironment as env,
  images,
  natsPorts,
  orchestratorPorts as ports,
  services,
} from "#core/workload.ts";
import type { CellFacts } from "../cell.ts";
import { apiPinOf } from "../doors.ts";
import { containerSecurity, environmentOf, podDefaults, resourcesOf } from "./container.ts";
import { componentLabels, labelsOf, metadataIn } from "./labels.ts";
import { secretNames } from "./secrets.ts";

const paths = { secrets: "/secrets", access: "/access", scratch: "/tmp" } as const;

export interface OrchestratorOf {
  readonly network: string;
  readonly namespace: string;
  readonly spec: InstanceSpec;
  readonly plan: Plan;
  readonly cell: CellFacts;
  readonly addresses: NetworkAddresses;
  /** Of all that it reads once, at its start. */
  readonly secretsHash: string;
}

/** The orchestrator. A new one is ready before the old one goes; a change of the access list is none of its template. */
export function orchestrator({
  network,
  namespace,
  spec,
  plan,
  cell,
  addresses,
  secretsHash,
}: OrchestratorOf): KubeObject {
  const apiPin = apiPinOf(cell.doors);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadataIn(namespace, services.orchestrator, "orchestrator"),
    spec: {
      replicas: 1,
      revisionHistoryLimit: 2,
      selector: { matchLabels: componentLabels("orchestrator") },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: labelsOf(namespace, "orchestrator"),
          annotations: { "cellplane.dev/secrets": secretsHash },
        },
        spec: {
          ...podDefaults,
          terminationGracePeriodSeconds: 30,
          containers: [
            {
              name: "orchestrator",
              image: `${cell.imageRegistry ?? ""}${images.orchestrator(spec.release)}`,
              env: environmentOf({
                [env.network]: network,
                [env.cell]: cell.id,
                [env.release]: spec.release,
                [env.apiUrl]: addresses.api.url,
                ...(apiPin === undefined ? {} : { [env.apiPin]: apiPin }),
                [env.natsUrlPublic]: addresses.nats.url,
                [env.natsUrl]: `tls://${services.nats}.${namespace}.svc:${natsPorts.client}`,
                [env.secretsDir]: paths.secrets,
                [env.accessDir]: paths.access,
                [env.listenHost]: "0.0.0.0",
                [env.portHttp]: String(ports.http),
                [env.portInternal]: String(ports.internal),
                [env.settings]: canonicalJson(spec.settings),
                [env.nodeLimit]: String(spec.nodes ?? plan.nodes),
              }),
              ports: [
                { name: "http", containerPort: ports.http },
                { name: "internal", containerPort: ports.internal },
              ],
              // Asked each second whether it is ready, and the probe of readiness then starts at once: with its own period alone a
              // node could connect 5 s later. Without a broker it is never ready, so it has time.
              startupProbe: { httpGet: { path: "/readyz", port: "http" }, periodSeconds: 1, failureThreshold: 600 },
              readinessProbe: { httpGet: { path: "/readyz", port: "http" }, periodSeconds: 5, timeoutSeconds: 3 },
              livenessProbe: {
                httpGet: { path: "/healthz", port: "http" },
                periodSeconds: 10,
                timeoutSeconds: 5,
                failureThreshold: 6,
              },
              resources: resourcesOf(plan.orchestrator),
              securityContext: containerSecurity,
              volumeMounts: [
                { name: "secrets", mountPath: paths.secrets, readOnly: true },
                { name: "access", mountPath: paths.access, readOnly: true },
                { name: "scratch", mountPath: paths.scratch },
              ],
            },
          ],
          volumes: [
            { name: "secrets", secret: { secretName: secretNames.orchestrator } },
            {
              name: "access",
              secret: { secretName: secretNames.orchestrator, items: [{ key: ACCESS_FILE, path: ACCESS_FILE }] },
            },
            { name: "scratch", emptyDir: { sizeLimit: "64Mi" } },
          ],
        },
      },
    },
  };
}
