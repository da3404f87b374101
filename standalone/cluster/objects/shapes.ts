import * as z from "zod";
import type { KubeObject } from "#core/model/kube-object.ts";

/**
 * The parts of Kubernetes objects that this cluster acts on. All else is kept and ignored. An object is checked against
 * these before it is stored, so a stored `Deployment` may be read as one.
 */

const Text = z.string();
const Count = z.int().nonnegative();
const Port = z.int().min(1).max(65_535);
const PortRef = z.union([Port, z.string().min(1)]);
/** A path inside a volume; nothing may leave the volume. */
const Inside = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith("/") && !path.split("/").includes(".."), "must be relative, without '..'");
const VolumeName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS label in lower case");

export const Probe = z.looseObject({
  httpGet: z
    .looseObject({
      path: Text.optional(),
      port: PortRef,
      scheme: z.enum(["HTTP", "HTTPS"]).optional(),
      httpHeaders: z.array(z.looseObject({ name: Text, value: Text })).optional(),
    })
    .optional(),
  tcpSocket: z.looseObject({ port: PortRef }).optional(),
  initialDelaySeconds: Count.optional(),
  periodSeconds: z.int().positive().optional(),
  timeoutSeconds: z.int().positive().optional(),
  failureThreshold: z.int().positive().optional(),
  successThreshold: z.int().positive().optional(),
});
export type Probe = z.infer<typeof Probe>;

const KeyRef = z.looseObject({ name: Text, key: Text, optional: z.boolean().optional() });

export const Container = z.looseObject({
  name: VolumeName,
  image: z.string().min(1),
  command: z.array(Text).optional(),
  args: z.array(Text).optional(),
  env: z
    .array(
      z.looseObject({
        name: z.string().regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/, "must be the name of a variable"),
        value: Text.optional(),
        valueFrom: z
          .looseObject({
            secretKeyRef: KeyRef.optional(),
            configMapKeyRef: KeyRef.optional(),
            fieldRef: z.looseObject({ fieldPath: Text }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  ports: z.array(z.looseObject({ name: VolumeName.optional(), containerPort: Port })).optional(),
  volumeMounts: z
    .array(z.looseObject({ name: Text, mountPath: z.string().regex(/^\/./), subPath: Inside.optional() }))
    .optional(),
  startupProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
});
export type Container = z.infer<typeof Container>;

const Items = z.array(z.looseObject({ key: Text, path: Inside })).optional();
const Optional = z.boolean().optional();
export const Volume = z.looseObject({
  name: VolumeName,
  secret: z.looseObject({ secretName: Text, items: Items, optional: Optional }).optional(),
  configMap: z.looseObject({ name: Text, items: Items, optional: Optional }).optional(),
  projected: z
    .looseObject({
      sources: z.array(
        z.looseObject({
          secret: z.looseObject({ name: Text, items: Items, optional: Optional }).optional(),
          configMap: z.looseObject({ name: Text, items: Items, optional: Optional }).optional(),
        }),
      ),
    })
    .optional(),
  persistentVolumeClaim: z.looseObject({ claimName: Text }).optional(),
  emptyDir: z.looseObject({}).optional(),
});
export type Volume = z.infer<typeof Volume>;

export const PodSpec = z.looseObject({
  containers: z.array(Container).min(1),
  initContainers: z.array(Container).optional(),
  volumes: z.array(Volume).optional(),
  terminationGracePeriodSeconds: Count.optional(),
});
export type PodSpec = z.infer<typeof PodSpec>;

const Texts = z.record(z.string(), z.string());
const Selector = z.looseObject({ matchLabels: Texts });
const Template = z.looseObject({
  metadata: z.looseObject({ labels: Texts, annotations: Texts.optional() }),
  spec: PodSpec,
});
export type Template = z.infer<typeof Template>;

const selects = { message: "must select the labels of the template", path: ["selector"] };
const selectsTemplate = (spec: { selector: z.infer<typeof Selector>; template: Template }) =>
  Object.entries(spec.selector.matchLabels).every(([key, value]) => spec.template.metadata.labels[key] === value);

const Share = z.union([Count, z.string().regex(/^\d+%$/, 'must be a number or a share such as "25%"')]);
export const DeploymentSpec = z
  .looseObject({
    replicas: Count.optional(),
    selector: Selector,
    template: Template,
    minReadySeconds: Count.optional(),
    progressDeadlineSeconds: z.int().positive().optional(),
    strategy: z
      .looseObject({
        type: z.enum(["RollingUpdate", "Recreate"]).optional(),
        rollingUpdate: z.looseObject({ maxSurge: Share.optional(), maxUnavailable: Share.optional() }).optional(),
      })
      .optional(),
  })
  .refine(selectsTemplate, selects);

export const StatefulSetSpec = z
  .looseObject({
    replicas: Count.optional(),
    selector: Selector,
    template: Template,
    minReadySeconds: Count.optional(),
    updateStrategy: z.looseObject({ type: z.enum(["RollingUpdate", "OnDelete"]).optional() }).optional(),
    volumeClaimTemplates: z
      .array(
        z.looseObject({
          metadata: z.looseObject({ name: VolumeName, labels: Texts.optional() }),
          spec: z.looseObject({}),
        }),
      )
      .optional(),
  })
  .refine(selectsTemplate, selects);

export const ServiceSpec = z.looseObject({
  selector: Texts.optional(),
  ports: z.array(z.looseObject({ name: Text.optional(), port: Port, targetPort: PortRef.optional() })).optional(),
  publishNotReadyAddresses: z.boolean().optional(),
});

export const IngressRouteSpec = z.looseObject({
  entryPoints: z.array(Text).optional(),
  routes: z.array(
    z.looseObject({ match: Text, services: z.array(z.looseObject({ name: Text, port: PortRef })).optional() }),
  ),
});

interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface Terminated {
  readonly exitCode: number;
  readonly signal?: string;
  readonly reason: string;
  readonly startedAt?: string;
  readonly finishedAt: string;
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly state:
    | { readonly waiting: { readonly reason: string; readonly message?: string } }
    | { readonly running: { readonly startedAt: string } };
  readonly lastState?: { readonly terminated: Terminated };
}

export interface PodStatus {
  readonly phase: "Pending" | "Running";
  readonly conditions: readonly Condition[];
  readonly containerStatuses: readonly ContainerStatus[];
  readonly podIP?: string;
  readonly startTime?: string;
}

export type Pod = KubeObject & { readonly spec: PodSpec; readonly status?: PodStatus };
export type Deployment = KubeObject & {
  readonly spec: z.infer<typeof DeploymentSpec>;
  readonly status?: WorkloadStatus;
};
export type StatefulSet = KubeObject & {
  readonly spec: z.infer<typeof StatefulSetSpec>;
  readonly status?: WorkloadStatus;
};
export type Service = KubeObject & { readonly spec: z.infer<typeof ServiceSpec> };
export type IngressRoute = KubeObject & { readonly spec: z.infer<typeof IngressRouteSpec> };
export type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };

export interface WorkloadStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly conditions?: readonly Condition[];
}

export type { Condition };

/** Is this pod ready, and since when (milliseconds)? */
export function readySince(pod: Pod): number | undefined {
  const ready = pod.status?.conditions.find(({ type }) => type === "Ready");
  return ready?.status === "True" ? Date.parse(ready.lastTransitionTime ?? "") : undefined;
}
