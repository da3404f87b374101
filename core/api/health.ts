import { HealthAnswer } from "./answers.ts";
import { NoQuery, type Route } from "./route.ts";

export const healthRoutes = {
  getHealth: {
    summary: "Whether the process answers",
    answer: HealthAnswer,
    method: "GET",
    path: "/healthz",
    query: NoQuery,
    action: "health.read",
    status: 200,
  },
  getReadiness: {
    summary: "Whether it can do its work",
    answer: HealthAnswer,
    errors: ["not-ready"],
    method: "GET",
    path: "/readyz",
    query: NoQuery,
    action: "health.read",
    status: 200,
  },
} as const satisfies Record<string, Route>;
