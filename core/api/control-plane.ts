import { cellRoutes } from "./cells.ts";
import { healthRoutes } from "./health.ts";
import { networkRoutes } from "./networks.ts";
import { operationRoutes } from "./operations.ts";
import type { Route } from "./route.ts";

/** Every route of the hosted API, by the name of its endpoint. */
export const controlPlaneRoutes = {
  ...healthRoutes,
  ...networkRoutes,
  ...operationRoutes,
  ...cellRoutes,
} as const satisfies Record<string, Route>;
