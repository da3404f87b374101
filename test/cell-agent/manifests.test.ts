import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import * as z from "zod";
import type { KubeObject } from "#core/model/kube-object.ts";
import { refOf, refText } from "#core/model/kube-object.ts";
import { planNames } from "#core/model/plan.ts";
import { manifestsOf } from "../../cell-agent/manifests-of.ts";
import { appliedHashOf, isSteady, type Known, plan } from "../../cell-agent/plan.ts";
import { anInstance, appliedWorld, ingredients } from "./a-network.ts";

const Quota = z.object({ hard: z.record(z.string(), z.string()) });
const Container = z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) });
const Workload = z.object({ template: z.object({ spec: z.object({ containers: z.array(Container) }) }) });

const made = ingredients();
const flat = (instance = anInstance()): KubeObject[] => manifestsOf(instance, made).flat();
/** Keys differ each time: a reviewer reads which there are, and how long. */
const withoutSecrets = (object: KubeObject): unknown =>
  JSON.parse(
    JSON.stringify(object, (name, value) =>
      object.kind === "Secret" && name === "data"
        ? Object.keys(value as object)
        : name === "cellplane.dev/config" || name === "cellplane.dev/secrets"
          ? "<hash>"
          : value,
    ),
  );

describe("the manifests of a network", () => {
  it("are those that were reviewed", async () => {
    const documents = flat().map(withoutSecrets);
    await expect(documents.map((one) => stringify(one)).join("---\n")).toMatchFileSnapshot("golden/network.yaml");
  });

  it("put up the walls before the first secret and the first program (R9)", () => {
    const kinds = manifestsOf(anInstance(), made).map((stage) => new Set(stage.map(({ kind }) => kind)));
    const stageOf = (kind: string) => kinds.findIndex((stage) => stage.has(kind));
    for (const wall of ["NetworkPolicy", "ResourceQuota", "LimitRange", "ServiceAccount", "RoleBinding"]) {
      expect(stageOf("Namespace")).toBeLessThan(stageOf(wall));
      for (const tenant of ["Secret", "StatefulSet", "Deployment"]) expect(stageOf(wall)).toBeLessThan(stageOf(tenant));
    }
    expect(stageOf("Secret")).toBeLessThan(stageOf("Deployment"));
  });

  it("are what Pod Security restricted allows, with a root that cannot be written and no token", () => {
    const templates = flat().filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet");
    expect(templates).toHaveLength(2);
    for (const { spec } of templates)
      expect(spec).toMatchObject({
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
            containers: [
              {
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
              },
            ],
          },
        },
      });
  });

  it("leave room in the quota for the pod that an update starts", () => {
    for (const name of planNames) {
      const objects = flat(anInstance({ plan: name }));
      const memory = objects.flatMap(({ kind, spec }) => {
        const found = Workload.safeParse(spec);
        const [container] = found.data?.template.spec.containers ?? [];
        return container
          ? [Number.parseInt(container.resources.limits.memory, 10) * (kind === "Deployment" ? 2 : 1)]
          : [];
      });
      const { hard } = Quota.parse(objects.find(({ kind }) => kind === "ResourceQuota")?.spec);
      expect(memory).toHaveLength(2);
      expect(Number.parseInt(hard["limits.memory"] ?? "", 10)).toBe(memory.reduce((a, b) => a + b));
      expect(hard.pods).toBe("3");
    }
  });

  it("change the Secret alone, and restart nothing, when only the access list does", () => {
    const { apply } = plan(manifestsOf(anInstance({ accessGeneration: 2 }), made), appliedWorld(flat(anInstance())));
    expect(apply.flat().map(refOf).map(refText)).toEqual([expect.stringMatching(/^Secret .*\/orchestrator$/)]);
  });

  it("give an orchestrator one signing key and no account or operator seed", () => {
    const secret = flat().find(({ kind, metadata }) => kind === "Secret" && metadata.name === "orchestrator");
    const text = Object.values(secret?.data as Record<string, string>)
      .map((value) => Buffer.from(value, "base64").toString())
      .join("\n");
    const { keys } = made;
    expect(text.match(/\bSO[A-Z2-7]{56}\b/g)).toHaveLength(1);
    for (const never of [keys.operatorSeed, keys.system.accountSeed, keys.orchestrator.accountSeed, keys.snapshotKey])
      expect(text).not.toContain(never);
  });
});

describe("a plan", () => {
  const stages = manifestsOf(anInstance(), made);
  const all = appliedWorld(stages.flat()).known;

  it("applies everything where there is nothing, in the order of the stages", () => {
    expect(plan(stages, { known: new Map() }).apply.map((stage) => stage.length)).toEqual(
      stages.map(({ length }) => length),
    );
  });

  it("applies exactly what is missing or differs, and nothing after that", () => {
    void fc.assert(
      fc.property(fc.subarray([...all.keys()]), fc.subarray([...all.keys()]), (missing, edited) => {
        const world = new Map(all);
        for (const [text, { ref }] of all) if (edited.includes(text)) world.set(text, { ref, hash: "another" });
        for (const ref of missing) world.delete(ref);
        const first = plan(stages, { known: world });
        const applied = first.apply.flat();
        expect(new Set(applied.map(refOf).map(refText))).toEqual(new Set([...missing, ...edited]));
        for (const object of applied)
          world.set(refText(refOf(object)), { ref: refOf(object), hash: appliedHashOf(object) });
        expect(isSteady(plan(stages, { known: world }))).toBe(true);
      }),
    );
  });

  it("removes what the network is not made of any more, and never what people would miss", () => {
    const ref = (kind: string, name: string) => ({ apiVersion: "v1", kind, name, namespace: "net-1" });
    const left = ["NetworkPolicy", "PersistentVolumeClaim", "Namespace", "StatefulSet"].map((kind) => ref(kind, "old"));
    const notOurs = ref("Service", "of-a-stranger");
    const known = new Map<string, Known>([
      ...all,
      ...left.map((one) => [refText(one), { ref: one, hash: "x" }] as const),
      [refText(notOurs), { ref: notOurs, hash: undefined }] as const,
    ]);
    expect(plan(stages, { known }).remove).toEqual([ref("NetworkPolicy", "old")]);
  });
});
