import { type CellId, objectNameOf } from "#core/model/ids.ts";
import type { Doors } from "./doors.ts";

/** What the agent knows of the cell it serves, besides keys. */
export interface CellFacts {
  readonly id: CellId;
  /** Networks are hosts below it. */
  readonly domain: string;
  readonly doors: Doors;
  /** Before the names of images, with the slash at its end; absent: the machines find them as they are named. */
  readonly imageRegistry?: string;
}

/** Where the agent lives and keeps its state. */
export const SYSTEM_NAMESPACE = "cellplane-system";

/** Where Traefik lives; the only one that may connect to tenants from outside. */
export const INGRESS_NAMESPACE = "traefik";

/** The ClusterRole that lists what the agent may do inside a tenant's namespace. */
export const TENANT_ROLE = "cellplane-tenant";

/** The agent's own service account. */
export const AGENT_ACCOUNT = "cell-agent";

/** Keeps an instance until everything of the network is gone. */
export const TEARDOWN_FINALIZER = "cellplane.dev/teardown";

/** On an instance: the operator leaves it alone, for as long as it is there and not "false". */
export const PAUSED = "cellplane.dev/paused";

/** On an instance that people wrote: "control-plane" lets the control plane take it over. */
export const HAND_OVER = "cellplane.dev/hand-over";

/** On everything the agent applies: the hash of what it applied. */
export const APPLIED_HASH = "cellplane.dev/applied-hash";

/** On everything of one network: the name of its instance. */
export const NETWORK_LABEL = "cellplane.dev/network";

/** The version this agent reports. */
export const AGENT_VERSION = "0.1.0";

/** The name by which customers and nodes reach a network. */
export const hostOf = (network: string, domain: string): string => `${objectNameOf(network)}.${domain}`;
