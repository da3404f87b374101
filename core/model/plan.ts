/** What a plan gives a network. `need` is what it reserves in a cell. */
export interface Plan {
  readonly name: string;
  readonly nodes: number;
  readonly storageGiB: number;
  readonly broker: { readonly cpu: string; readonly memoryMiB: number };
  /** How often an update may be put off by the owner, and for how many days after it was announced. */
  readonly deferral: { readonly days: number; readonly times: number };
  readonly orchestrator: { readonly cpu: string; readonly memoryMiB: number };
}

export const plans = {
  starter: {
    name: "starter",
    deferral: { days: 3, times: 1 },
    nodes: 500,
    storageGiB: 4,
    // CPU is never throttled, so this is only what is kept free: an idle network needs some 5m, and 24 fit on two cores.
    broker: { cpu: "25m", memoryMiB: 128 },
    orchestrator: { cpu: "50m", memoryMiB: 160 },
  },
  standard: {
    name: "standard",
    deferral: { days: 7, times: 2 },
    nodes: 2_000,
    storageGiB: 10,
    broker: { cpu: "250m", memoryMiB: 256 },
    orchestrator: { cpu: "250m", memoryMiB: 256 },
  },
  large: {
    name: "large",
    deferral: { days: 14, times: 3 },
    nodes: 10_000,
    storageGiB: 40,
    broker: { cpu: "1", memoryMiB: 768 },
    orchestrator: { cpu: "500m", memoryMiB: 512 },
  },
} as const satisfies Record<string, Plan>;

export type PlanName = keyof typeof plans;
export const planNames = Object.keys(plans) as [PlanName, ...PlanName[]];
