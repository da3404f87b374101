import { type Route, WaitQuery } from "./route.ts";

export const operationRoutes = {
  getOperation: { method: "GET", path: "/v1/operations/{op}", query: WaitQuery, signedIn: true, status: 200 },
} as const satisfies Record<string, Route>;
