import * as z from "zod";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Finding } from "./status-of.ts";

/** The claim of the broker's volume, as a stateful set names it. */
export const CLAIM = "data-nats-0";

const Held = z.object({
  template: z.object({ spec: z.object({ storage: z.string() }) }),
  claim: z.object({
    spec: z.object({
      storageClassName: z.string().optional(),
      resources: z.object({ requests: z.object({ storage: z.string() }) }),
    }),
    status: z.object({ capacity: z.object({ storage: z.string() }).optional() }).default({}),
  }),
});

/** The sizes of a network's volume, in GiB. */
export interface Volume {
  /** What its stateful set was made with: that never changes. */
  readonly template: number;
  /** What the broker may count on. */
  readonly usable: number;
  /** What the namespace may claim. */
  readonly quota: number;
  /** Ask for this much from now on. */
  readonly grow?: number;
  /** What people should know; absent where the volume is as large as the plan. */
  readonly note?: Finding;
}

export interface Claimed {
  readonly storageClass: string | undefined;
  readonly requested: number;
  readonly template: number;
  /** Absent until the cluster says it. */
  readonly capacity: number | undefined;
}

/** What there is of a volume; `undefined` before there is a claim. */
export function claimedOf(owned: readonly KubeObject[]): Claimed | undefined {
  const of = (kind: string, name: string) => owned.find((one) => one.kind === kind && one.metadata.name === name);
  const parsed = Held.safeParse({ template: of("StatefulSet", "nats"), claim: of("PersistentVolumeClaim", CLAIM) });
  if (!parsed.success) return undefined;
  const { template, claim } = parsed.data;
  const capacity = claim.status.capacity?.storage;
  return {
    storageClass: claim.spec.storageClassName,
    requested: gibOf(claim.spec.resources.requests.storage),
    template: gibOf(template.spec.storage),
    capacity: capacity === undefined ? undefined : gibOf(capacity),
  };
}

/** True where the plan wants more than was claimed: then it matters whether the class can grow. */
export const wantsMore = (planned: number, claimed: Claimed | undefined): boolean =>
  claimed !== undefined && planned > claimed.requested;

/** What becomes of the volume of a network whose plan gives it `planned` GiB. It never shrinks. */
export function decideVolume(
  planned: number,
  claimed: Claimed | undefined,
  { expandable }: { readonly expandable: boolean },
): Volume {
  if (!claimed) return { template: planned, usable: planned, quota: planned };
  const { template, requested, capacity = requested, storageClass = "of the cluster" } = claimed;
  const sizes = {
    template,
    usable: Math.min(capacity, Math.max(requested, planned)),
    quota: Math.max(planned, requested),
  };
  const has = `the volume has ${capacity} GiB, the plan gives ${planned}`;
  const note = (reason: string, message: string): Finding => ({
    type: "VolumeSized",
    status: "False",
    reason,
    message,
  });
  if (planned <= requested)
    return capacity >= planned ? sizes : { ...sizes, note: note("Growing", `${has}: it is growing`) };
  if (!expandable)
    return {
      ...sizes,
      note: note(
        "NotExpandable",
        `${has}: its StorageClass ${storageClass} does not let it grow, so it stays as it is`,
      ),
    };
  return { ...sizes, grow: planned, note: note("Growing", `${has}: it is growing`) };
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1 / 1024 ** 3,
  Mi: 1 / 1024,
  Gi: 1,
  Ti: 1024,
  M: 1e6 / 1024 ** 3,
  G: 1e9 / 1024 ** 3,
};

/** A quantity of storage in GiB: "4Gi" is 4. */
export function gibOf(quantity: string): number {
  const [, number = "0", unit = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Number(number) * (UNITS[unit] ?? 0);
}
