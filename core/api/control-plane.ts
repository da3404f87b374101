import { auditRoutes } from "./audit.ts";
import { cellRoutes } from "./cells.ts";
import { healthRoutes } from "./health.ts";
import { keyRoutes } from "./keys.ts";
import { meRoutes } from "./me.ts";
import { memberRoutes } from "./members.ts";
import { networkRoutes } from "./networks.ts";
import { operationRoutes } from "./operations.ts";
import { organizationRoutes } from "./organizations.ts";
import { quotaRoutes } from "./quota.ts";
import { referenceRoutes } from "./reference.ts";
import { releaseRoutes } from "./releases.ts";
import { rolloutRoutes } from "./rollouts.ts";
import type { Route } from "./route.ts";
import { usageRoutes } from "./usage.ts";

/** Every route of the hosted API, by the name of its endpoint. */
export const controlPlaneRoutes = {
  ...healthRoutes,
  ...referenceRoutes,
  ...meRoutes,
  ...organizationRoutes,
  ...memberRoutes,
  ...keyRoutes,
  ...quotaRoutes,
  ...auditRoutes,
  ...usageRoutes,
  ...networkRoutes,
  ...operationRoutes,
  ...cellRoutes,
  ...releaseRoutes,
  ...rolloutRoutes,
} as const satisfies Record<string, Route>;
