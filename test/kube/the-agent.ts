import { AGENT_VERSION } from "../../cell-agent/cell.ts";
import type { Entrance } from "./an-entrance.ts";
import type { TheCluster } from "./the-cluster.ts";

const namespace = "cellplane-system";
const name = "cell-agent";
const labels = { "app.kubernetes.io/name": name };
const PORT = 8443;

export interface AgentOrder {
  readonly entrance: Entrance;
  /** Without one, networks are written with kubectl. */
  readonly controlPlane?: string;
  readonly joinToken?: string;
}

/** Installs two replicas of the agent: one leads, and is the one that is ready. */
export function installAgent(cluster: TheCluster, order: AgentOrder): void {
  cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "cell-agent/crd/networkinstances.yaml");
  cluster.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    ...rights(),
    secretOf("join-token", { token: order.joinToken ?? "" }),
    secretOf("api-ca-of-operator", { "ca.pem": order.entrance.caPem }),
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name, namespace } },
      spec: { selector: labels, ports: [{ port: 443, targetPort: PORT }] },
    },
  );
  const addressOf = (service: string, within: string): string => cluster.get("service", service, within).spec.clusterIP;
  const ingress = addressOf("traefik", "traefik");
  cluster.apply(
    deployment({
      ...(order.controlPlane ? { CELLPLANE_URL: order.controlPlane, CELLPLANE_JOIN_TOKEN_FILE: "/join/token" } : {}),
      CELLPLANE_PUBLIC_URL: `https://${addressOf(name, namespace)}`,
      CELLPLANE_CELL_DOMAIN: order.entrance.domain,
      CELLPLANE_API_CA_FILE: "/ca/ca.pem",
      CELLPLANE_LOG_LEVEL: "info",
      LISTEN_HOST: "0.0.0.0",
      PORT: String(PORT),
      ...ingressSettings(cluster, ingress),
    }),
  );
}

/** Where Traefik is for the agent, and by which ports people outside find it. */
const ingressSettings = ({ api, nats }: TheCluster, ingress: string) => ({
  CELLPLANE_INGRESS_API: `${ingress}:443`,
  CELLPLANE_INGRESS_NATS: `${ingress}:4222`,
  CELLPLANE_PUBLIC_API_PORT: String(api.port),
  CELLPLANE_PUBLIC_NATS_PORT: String(nats.port),
});

/** All rights: which of them the agent needs is what the chart's own tests are about. */
const rights = (): object[] => [
  {
    ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name } },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  },
  {
    ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "cellplane-tenant" } },
    rules: [],
  },
];

const secretOf = (secret: string, stringData: Record<string, string>): object => ({
  ...{ apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace }, stringData },
});

const deployment = (environment: Record<string, string>): object => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace, labels } },
  spec: {
    replicas: 2,
    // Only the one that leads is ready, so a rolling update would wait for it for ever.
    strategy: { type: "Recreate" },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            ...{ name, image: `cellplane/cell-agent:${AGENT_VERSION}` },
            env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
            readinessProbe: { httpGet: { path: "/readyz", port: PORT, scheme: "HTTPS" }, periodSeconds: 1 },
            volumeMounts: [
              { name: "join", mountPath: "/join", readOnly: true },
              { name: "ca", mountPath: "/ca", readOnly: true },
            ],
          },
        ],
        volumes: [
          { name: "join", secret: { secretName: "join-token" } },
          { name: "ca", secret: { secretName: "api-ca-of-operator" } },
        ],
      },
    },
  },
});
