import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell, type Json, ofType, synthesizeCell, type Template } from "./synthesize.ts";

const manifests = (template: Template): Json[] =>
  ofType(template, "Custom::AWSCDK-EKS-KubernetesResource").flatMap(([, { Properties }]) =>
    JSON.parse(typeof Properties.Manifest === "string" ? Properties.Manifest : "[]"),
  );
const charts = (template: Template): Record<string, Json> =>
  Object.fromEntries(
    ofType(template, "Custom::AWSCDK-EKS-HelmChart").map(([, { Properties }]) => [Properties.Release, Properties]),
  );

/** All that must be gone before CloudFormation takes a resource away: what depends on it, however far. */
function dependents(template: Template, id: string): Set<string> {
  const found = new Set<string>();
  const walk = (at: string) => {
    for (const [other, { DependsOn = [] }] of Object.entries(template.Resources))
      if (DependsOn.includes(at) && !found.has(other)) {
        found.add(other);
        walk(other);
      }
  };
  walk(id);
  return found;
}

describe.each([
  ["a cluster of its own", cell],
  ["a cluster that is there", { ...cell, cluster: "shared" }],
])("a cell in %s", (_name, given) => {
  let template: Template;
  let folder: string;
  beforeAll(() => {
    ({ template, folder } = synthesizeCell(given));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const only = (type: string): [string, Json] => {
    const [found, ...others] = ofType(template, type);
    expect([type, others]).toEqual([type, []]);
    return found ? [found[0], found[1].Properties] : expect.unreachable(`there is no ${type}`);
  };

  it("lets in by HTTPS and by NATS, and sees who connects", () => {
    const values = JSON.parse(charts(template).traefik.Values);
    const exposed = Object.entries<Json>(values.ports).filter(([, { expose }]) => expose.default);
    expect(exposed.map(([name, { exposedPort }]) => [name, exposedPort])).toEqual([
      ["web", 80],
      ["websecure", 443],
      ["nats", 4222],
    ]);
    expect(values.service.annotations["service.beta.kubernetes.io/aws-load-balancer-type"]).toBe("nlb");
    expect(values.service.spec.externalTrafficPolicy).toBe("Local");
    expect(values.providers.kubernetesCRD).toMatchObject({
      allowCrossNamespace: false,
      allowExternalNameServices: false,
    });
  });

  it("pins the version of every chart from elsewhere", () => {
    for (const { Release, Version } of Object.values(charts(template)).filter(({ Repository }) => Repository))
      expect([Release, Version]).toEqual([Release, expect.stringMatching(/^v?\d+\.\d+\.\d+$/)]);
  });

  it("answers at its name and at every name below, wherever its load balancer is", () => {
    const records = ofType(template, "AWS::Route53::RecordSet").map(([, { Properties }]) => Properties);
    expect(records.map(({ Name, Type }) => `${Type} ${Name}`).sort()).toEqual([
      "CNAME *.eu-1.cells.example.com",
      "CNAME eu-1.cells.example.com",
    ]);
    const [balancer] = only("Custom::AWSCDK-EKS-KubernetesObjectValue");
    for (const { ResourceRecords } of records) expect(ResourceRecords).toEqual([{ "Fn::GetAtt": [balancer, "Value"] }]);
  });

  it("has volumes that are encrypted, grow, and are made where the pod runs", () => {
    expect(manifests(template).filter(({ kind }) => kind === "StorageClass")).toMatchObject([
      {
        provisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3", encrypted: "true" },
        allowVolumeExpansion: true,
        volumeBindingMode: "WaitForFirstConsumer",
      },
    ]);
  });

  it("registers last, and so is asked first when the stack goes: nothing of a cell with networks is taken away", () => {
    const [registration, properties] = only("Custom::Cell");
    expect(properties.cell).toEqual({ name: "eu-1", region: "eu-central-1", labels: {}, limits: { networks: 200 } });
    const kept = Object.entries(template.Resources)
      .filter(([, { Type }]) => /^Custom::AWSCDK-EKS|Nodegroup|Addon$|RecordSet|AccessEntry$/.test(Type))
      .map(([id]) => id);
    expect(kept.length).toBeGreaterThan(8);
    for (const id of kept) expect([id, dependents(template, id).has(registration)]).toEqual([id, true]);
  });

  it("may in the cluster lay one Secret and nothing else, and in AWS read one", () => {
    const [role] = manifests(template).filter(({ kind }) => kind === "Role");
    expect(role.rules).toEqual([
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["cellplane-join"], verbs: ["get", "patch"] },
      { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
    ]);
    const access = ofType(template, "AWS::EKS::AccessEntry").map(([, { Properties }]) => Properties);
    expect(access.filter(({ KubernetesGroups }) => KubernetesGroups)).toMatchObject([
      { KubernetesGroups: ["cellplane:registration"] },
    ]);
    const [, fn = {} as Json] = ofType(template, "AWS::Lambda::Function").find(
      ([, { Properties }]) => Properties.FunctionName === "cellplane-eu-1-register-cell",
    ) ?? [""];
    const roleId = fn.Properties.Role["Fn::GetAtt"][0];
    const actions = ofType(template, "AWS::IAM::Policy")
      .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: Json) => Ref === roleId))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement.flatMap(({ Action }: Json) => Action))
      .filter((action: string) => !/^(logs|xray|ec2):/.test(action));
    expect(actions).toEqual(["secretsmanager:GetSecretValue"]);
  });

  it("names no token and no key in its template", () => {
    expect(JSON.stringify(template)).not.toMatch(/resolve:secretsmanager|cp[kjt]_|PRIVATE KEY/);
  });
});

describe("the cluster that a cell makes", () => {
  let template: Template;
  let folder: string;
  beforeAll(() => {
    ({ template, folder } = synthesizeCell({ ...cell, admins: "192.0.2.0/24", nodes: "3-9", instance: "c8g.xlarge" }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const properties = (type: string): Json => ofType(template, type)[0]?.[1].Properties;

  it("enforces NetworkPolicies and makes volumes, which a new cluster does not", () => {
    const addOns = ofType(template, "AWS::EKS::Addon").map(([, { Properties }]) => Properties);
    expect(addOns.map(({ AddonName }) => AddonName).sort()).toEqual([
      "aws-ebs-csi-driver",
      "coredns",
      "eks-pod-identity-agent",
      "kube-proxy",
      "vpc-cni",
    ]);
    const cni = addOns.find(({ AddonName }) => AddonName === "vpc-cni");
    expect(JSON.parse(cni?.ConfigurationValues)).toEqual({ enableNetworkPolicy: "true" });
    const withRights = addOns.filter(({ PodIdentityAssociations }) => PodIdentityAssociations);
    expect(withRights.map(({ AddonName }) => AddonName)).toEqual(["vpc-cni", "aws-ebs-csi-driver"]);
  });

  it("is Kubernetes 1.36, closed but to those that are named, and logs what is done to it", () => {
    const cluster = properties("AWS::EKS::Cluster");
    expect(cluster).toMatchObject({
      Version: "1.36",
      AccessConfig: { AuthenticationMode: "API", BootstrapClusterCreatorAdminPermissions: false },
      ResourcesVpcConfig: { EndpointPrivateAccess: true, PublicAccessCidrs: ["192.0.2.0/24"] },
    });
    expect(cluster.EncryptionConfig).toHaveLength(1);
    expect(cluster.Logging.ClusterLogging.EnabledTypes.map(({ Type }: Json) => Type)).toContain("audit");
  });

  it("runs on arm64 nodes whose disks are encrypted and whose metadata no pod reaches", () => {
    expect(properties("AWS::EKS::Nodegroup")).toMatchObject({
      AmiType: "BOTTLEROCKET_ARM_64",
      InstanceTypes: ["c8g.xlarge"],
      ScalingConfig: { MinSize: 3, MaxSize: 9 },
    });
    const { LaunchTemplateData: node } = properties("AWS::EC2::LaunchTemplate");
    expect(node.MetadataOptions).toEqual({ HttpTokens: "required", HttpPutResponseHopLimit: 1 });
    expect(node.BlockDeviceMappings.map(({ Ebs }: Json) => Ebs.Encrypted)).toEqual([true, true]);
  });

  it("has a way out in each zone, so that no zone depends on another", () => {
    expect(ofType(template, "AWS::EC2::NatGateway")).toHaveLength(3);
  });
});
