import { NoQuery, type Route } from "./route.ts";

export const healthRoutes = {
  getHealth: { method: "GET", path: "/healthz", query: NoQuery, action: "health.read", status: 200 },
  getReadiness: { method: "GET", path: "/readyz", query: NoQuery, action: "health.read", status: 200 },
} as const satisfies Record<string, Route>;
