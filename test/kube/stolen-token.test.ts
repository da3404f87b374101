import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFolder, aloneCell, clear } from "./a-cell.ts";
import { theCluster } from "./the-cluster.ts";

const SLOW = 300_000;

/** What somebody does who has the agent's token and means harm. None of it may pass. */
describe("a stolen token of the agent", () => {
  const folder = aFolder();
  const cluster = theCluster();
  const thief = join(folder, "kubeconfig");
  /** As the agent; what was printed, refusals too. */
  const asAgent = (args: readonly string[], input?: object) => {
    const { status, stdout, stderr } = spawnSync("kubectl", ["--kubeconfig", thief, ...args], {
      encoding: "utf8",
      ...(input ? { input: JSON.stringify(input) } : {}),
    });
    return { passed: status === 0, said: stdout + stderr };
  };
  const object = (apiVersion: string, kind: string, metadata: object, more: object = {}) => ({
    ...{ apiVersion, kind, metadata },
    ...more,
  });
  const rbac = "rbac.authorization.k8s.io";
  const toAgent = { kind: "ServiceAccount", name: "cell-agent", namespace: "cellplane-system" };
  const roleRef = (name: string) => ({ apiGroup: rbac, kind: "ClusterRole", name });

  beforeAll(async () => {
    await clear(cluster);
    await aloneCell(cluster, folder);
    cluster.apply(
      object("v1", "Namespace", { name: "others" }),
      object("v1", "Namespace", { name: "a-tenant", labels: { "cellplane.dev/tenant": "true" } }),
      object("v1", "Secret", { name: "crown-jewels", namespace: "others" }, { stringData: { a: "b" } }),
    );
    const token = cluster.kubectl("-n", "cellplane-system", "create", "token", "cell-agent").trim();
    const config = JSON.parse(cluster.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"));
    const [{ name: user }] = config.users;
    writeFileSync(thief, JSON.stringify({ ...config, users: [{ name: user, user: { token } }] }), { mode: 0o600 });
  }, SLOW);
  afterAll(async () => {
    cluster.kubectl("delete", "namespace", "others", "a-tenant", "--ignore-not-found", "--wait=false");
    await clear(cluster);
    rmSync(folder, { recursive: true, force: true });
  }, SLOW);

  it("is one that is good for something, so that what is refused below is refused for what it is", () => {
    expect(asAgent(["get", "networkinstances"]).passed).toBe(true);
  });

  const binding = (namespace: string, role: string, subjects: object[] = [toAgent]) =>
    object(`${rbac}/v1`, "RoleBinding", { name: "grab", namespace }, { roleRef: roleRef(role), subjects });
  it.each<[string, string[], object?]>([
    ["reads a Secret of others", ["-n", "others", "get", "secret", "crown-jewels"]],
    ["lists all Secrets", ["get", "secrets", "-A"]],
    ["reads Secrets of kube-system", ["-n", "kube-system", "get", "secrets"]],
    [
      "makes itself administrator",
      [
        "create",
        "clusterrolebinding",
        "grab",
        "--clusterrole=cluster-admin",
        "--serviceaccount=cellplane-system:cell-agent",
      ],
    ],
    ["makes a cluster role", ["create", "clusterrole", "grab", "--verb=get", "--resource=secrets"]],
    ["widens its tenants' role", ["patch", "clusterrole", "cellplane-tenant", "--type=merge", "-p", '{"rules":[]}']],
    ["binds the tenants' role in a namespace of others", ["create", "-f", "-"], binding("others", "cellplane-tenant")],
    ["binds the tenants' role in kube-system", ["create", "-f", "-"], binding("kube-system", "cellplane-tenant")],
    ["binds another role in a tenant", ["create", "-f", "-"], binding("a-tenant", "cluster-admin")],
    [
      "binds the tenants' role to somebody else",
      ["create", "-f", "-"],
      binding("a-tenant", "cellplane-tenant", [{ kind: "User", name: "eve", apiGroup: rbac }]),
    ],
    ["makes a namespace of others a tenant", ["label", "namespace", "others", "cellplane.dev/tenant=true"]],
    [
      "makes a tenant in which pods may do what they like",
      ["create", "-f", "-"],
      object("v1", "Namespace", { name: "grab", labels: { "cellplane.dev/tenant": "true" } }),
    ],
    ["makes a namespace that is no tenant", ["create", "namespace", "grab"]],
    ["takes the label from a tenant", ["label", "namespace", "a-tenant", "cellplane.dev/tenant-"]],
    ["deletes a namespace of others", ["delete", "namespace", "others", "--wait=false"]],
    ["deletes kube-system", ["delete", "namespace", "kube-system", "--wait=false"]],
    ["runs a pod at home", ["-n", "cellplane-system", "run", "grab", "--image=busybox:1"]],
    ["runs a command in a pod", ["-n", "kube-system", "exec", "deploy/coredns", "--", "true"]],
    ["mints a token of another account", ["-n", "kube-system", "create", "token", "default"]],
    ["reads a node's proxy", ["get", "--raw", "/api/v1/nodes/any/proxy/pods"]],
    ["speaks as somebody else", ["--as", "admin", "get", "secrets", "-A"]],
    ["takes the confinement away", ["delete", "validatingadmissionpolicy", "cellplane-cell-agent"]],
    ["changes the CRD", ["delete", "crd", "networkinstances.cellplane.dev"]],
  ])("does not pass who %s", (_what, args, input) => {
    const { passed, said } = asAgent(args, input);
    expect(said).toMatch(/forbidden|denied/i);
    expect(passed).toBe(false);
  });
});
