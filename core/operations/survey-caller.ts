import type { OrganizationId } from "../model/ids.ts";
import type { Caller } from "../model/organization.ts";

/** As whom a survey changes what belongs to an organization. */
export const surveyCaller = (org: OrganizationId): Caller => ({
  actor: "system:survey",
  org,
  role: "owner",
  platform: true,
  from: "control-plane",
});
