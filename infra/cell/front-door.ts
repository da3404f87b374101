import { Duration, Stack, Validations } from "aws-cdk-lib";
import * as eks from "aws-cdk-lib/aws-eks-v2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as route53 from "aws-cdk-lib/aws-route53";
import { Construct } from "constructs";
import type { CellContext } from "../cell-context.ts";
import type { CellCluster } from "./cluster.ts";

/** Where the agent's NetworkPolicies let Traefik in from. */
const NAMESPACE = "traefik";
/** Of what stands between the way in and the networks: what a deploy installs is what was tried. */
const TRAEFIK = { repository: "https://traefik.github.io/charts", version: "37.4.0" };
const CERT_MANAGER = { repository: "https://charts.jetstack.io", version: "v1.19.1" };
const CERTIFICATE = "cell-certificate";

/** The way into a cell: Traefik behind a load balancer that keeps client addresses, one certificate for all networks, and the names. */
export class CellFrontDoor extends Construct {
  constructor(scope: Construct, id: string, at: CellCluster, context: CellContext) {
    super(scope, id);
    const { cluster } = at;
    const { cellDomain } = context;
    const traefik = new eks.HelmChart(this, "Traefik", {
      cluster,
      chart: "traefik",
      release: "traefik",
      namespace: NAMESPACE,
      ...TRAEFIK,
      values: traefikValues,
      wait: true,
      timeout: Duration.minutes(10),
    });
    this.certificate(at, context, traefik);
    const host = new eks.KubernetesObjectValue(this, "LoadBalancer", {
      cluster,
      objectType: "service",
      objectName: "traefik",
      objectNamespace: NAMESPACE,
      jsonPath: ".status.loadBalancer.ingress[0].hostname",
      timeout: Duration.minutes(10),
    });
    host.node.addDependency(traefik);
    for (const [record, name] of Object.entries({ Cell: cellDomain, Networks: `*.${cellDomain}` }))
      new route53.CfnRecordSet(this, record, {
        hostedZoneId: context.zone,
        name,
        type: "CNAME",
        ttl: "60",
        resourceRecords: [host.value],
      });
  }

  /** One certificate for `<cell domain>` and `*.<cell domain>`, proved by DNS, renewed a month before its end: AWS may be away that long. */
  private certificate(
    { cluster, name }: CellCluster,
    { cellDomain, zone, certificates }: CellContext,
    traefik: Construct,
  ) {
    const namespace = "cert-manager";
    const role = new iam.Role(this, "CertificatesRole", {
      assumedBy: new iam.SessionTagsPrincipal(new iam.ServicePrincipal("pods.eks.amazonaws.com")),
    });
    const zoneArn = `arn:${Stack.of(this).partition}:route53:::hostedzone/${zone}`;
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ["route53:ChangeResourceRecordSets"],
        resources: [zoneArn],
        conditions: {
          "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": [`_acme-challenge.${cellDomain}`],
            "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
          },
        },
      }),
    );
    role.addToPolicy(new iam.PolicyStatement({ actions: ["route53:ListResourceRecordSets"], resources: [zoneArn] }));
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ["route53:GetChange"],
        resources: [`arn:${Stack.of(this).partition}:route53:::change/*`],
      }),
    );
    Validations.of(role.node.findChild("DefaultPolicy")).acknowledge({
      id: "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:route53:::change/*]",
      reason: "A change of a zone has no name before it is made; only reading its state is allowed.",
    });
    const association = new eks.CfnPodIdentityAssociation(this, "CertificatesIdentity", {
      clusterName: name,
      namespace,
      serviceAccount: "cert-manager",
      roleArn: role.roleArn,
    });
    const manager = new eks.HelmChart(this, "CertManager", {
      cluster,
      chart: "cert-manager",
      release: "cert-manager",
      namespace,
      ...CERT_MANAGER,
      values: { crds: { enabled: true, keep: true } },
      wait: true,
      timeout: Duration.minutes(10),
    });
    manager.node.addDependency(association);
    const issued = new eks.KubernetesManifest(this, "Certificate", {
      cluster,
      manifest: certificateOf({ cellDomain, zone, email: certificates, region: Stack.of(this).region }),
    });
    issued.node.addDependency(manager, traefik);
  }
}

/** Traefik's chart: three entry points, a replica in each zone, told client addresses by a load balancer that changes no packet. */
export const traefikValues = {
  deployment: { replicas: 3 },
  podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
    },
  ],
  // A network's routes lead to its own Services alone; no other source of routes is read.
  providers: {
    kubernetesCRD: { enabled: true, allowCrossNamespace: false, allowExternalNameServices: false },
    kubernetesIngress: { enabled: false },
  },
  ingressRoute: { dashboard: { enabled: false } },
  ports: {
    traefik: { expose: { default: false } },
    web: {
      exposedPort: 80,
      expose: { default: true },
      redirections: { entryPoint: { to: "websecure", scheme: "https", permanent: true } },
    },
    websecure: { exposedPort: 443, expose: { default: true }, tls: { enabled: true } },
    nats: { port: 4222, exposedPort: 4222, expose: { default: true }, protocol: "TCP" },
  },
  tlsOptions: { default: { minVersion: "VersionTLS12" } },
  service: {
    annotations: {
      "service.beta.kubernetes.io/aws-load-balancer-type": "nlb",
      "service.beta.kubernetes.io/aws-load-balancer-cross-zone-load-balancing-enabled": "true",
    },
    // Only nodes with a Traefik take connections, and so no second hop hides who connects.
    spec: { externalTrafficPolicy: "Local" },
  },
} as const;

const certificateOf = (given: { cellDomain: string; zone: string; email: string; region: string }) => {
  const { cellDomain, zone, email, region } = given;
  const issuerRef = { kind: "ClusterIssuer", name: "cellplane" };
  return [
    {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: issuerRef.name },
      spec: {
        acme: {
          server: "https://acme-v02.api.letsencrypt.org/directory",
          email,
          privateKeySecretRef: { name: "acme-account" },
          solvers: [{ dns01: { route53: { region, hostedZoneID: zone } } }],
        },
      },
    },
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { name: CERTIFICATE, namespace: NAMESPACE },
      spec: {
        secretName: CERTIFICATE,
        dnsNames: [cellDomain, `*.${cellDomain}`],
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        renewBefore: "720h",
        issuerRef,
      },
    },
    {
      apiVersion: "traefik.io/v1alpha1",
      kind: "TLSStore",
      metadata: { name: "default", namespace: NAMESPACE },
      spec: { defaultCertificate: { secretName: CERTIFICATE } },
    },
  ];
};
