import type { Plan } from "#core/model/plan.ts";
import { WORKLOAD_ACCOUNT } from "./accounts.ts";

/** What Pod Security `restricted` demands, and a root that cannot be written. */
export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** The user and group that own files on the volumes; any number but 0. */
const USER = 10_001;

/** Members that every pod of a network has. */
export const podDefaults = {
  serviceAccountName: WORKLOAD_ACCOUNT,
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: USER,
    runAsGroup: USER,
    fsGroup: USER,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  },
};

/** CPU is shared by need and never throttled; memory is a wall. */
export const resourcesOf = ({ cpu, memoryMiB }: Plan["broker"]) => ({
  requests: { cpu, memory: `${memoryMiB}Mi` },
  limits: { memory: `${memoryMiB}Mi` },
});

/** Environment as manifests carry it, in the order given. */
export const environmentOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

const MIB = 1024 * 1024;

/** 85 % of a limit, in bytes: what a Go program should stay below. */
export const goMemoryLimit = (memoryMiB: number): string => String(Math.floor(memoryMiB * MIB * 0.85));
