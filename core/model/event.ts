import * as z from "zod";
import { EventId, NetworkId, OrganizationId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/** One thing that happened to a network, as its owner should read it. Kept after the network is gone. */
export const NetworkEvent = z.strictObject({
  id: EventId,
  network: NetworkId,
  org: OrganizationId,
  at: Timestamp,
  /** `update.accepted`, `create.succeeded`, `phase.degraded`, … */
  type: z.string(),
  message: z.string(),
});
export type NetworkEvent = z.infer<typeof NetworkEvent>;
