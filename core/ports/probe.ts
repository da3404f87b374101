import type { Endpoints } from "../model/network.ts";

/** Knocks at a network's doors from where the control plane is: outside its cell, as customers and nodes are. */
export interface Probe {
  /**
   * Never rejects: a door that did not open, whatever the reason, is shut. NATS is trusted by `natsCaPem` alone; without it only the
   * API is looked at, and NATS counts as open.
   */
  knock(endpoints: Endpoints, natsCaPem: string | undefined): Promise<{ api: boolean; nats: boolean }>;
}
