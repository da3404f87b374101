import type { Entrance } from "./an-entrance.ts";
import { renderChart } from "./render-chart.ts";
import type { TheCluster } from "./the-cluster.ts";

const namespace = "cellplane-system";
const name = "cell-agent";

export interface AgentOrder {
  readonly entrance: Entrance;
  /** Without one, networks are written with kubectl. */
  readonly controlPlane?: string;
  readonly joinToken?: string;
}

/** Installs two replicas of the agent by its chart, with the rights that this gives and no others: one leads, and is ready. */
export function installAgent(cluster: TheCluster, order: AgentOrder): void {
  cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "cell-agent/chart/crds/networkinstances.yaml");
  cluster.kubectl("wait", "--for=condition=Established", "crd/networkinstances.cellplane.dev");
  cluster.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...(order.joinToken ? [secretOf("cellplane-join", { token: order.joinToken })] : []),
    secretOf("api-ca-of-operator", { "ca.pem": order.entrance.caPem }),
  );
  const addressOf = (service: string, within: string): string => cluster.get("service", service, within).spec.clusterIP;
  const values = {
    ...(order.controlPlane ? { controlPlane: order.controlPlane } : {}),
    domain: order.entrance.domain,
    apiCaSecret: "api-ca-of-operator",
    ingress: { publicApiPort: cluster.api.port, publicNatsPort: cluster.nats.port },
  };
  const objects = renderChart(values);
  const isAgent = ({ kind }: { kind?: string }) => kind === "Deployment";
  // The Service has its address before the agent tells it to the control plane.
  cluster.apply(...objects.filter((object) => !isAgent(object)));
  const publicUrl = `https://${addressOf(name, namespace)}`;
  cluster.apply(...renderChart({ ...values, publicUrl }).filter(isAgent));
}

const secretOf = (secret: string, stringData: Record<string, string>): object => ({
  ...{ apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace }, stringData },
});
