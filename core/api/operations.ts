import { NoBody, NoQuery, type Route, WaitQuery } from "./route.ts";

export const operationRoutes = {
  getOperation: { method: "GET", path: "/v1/operations/{op}", query: WaitQuery, signedIn: true, status: 200 },
  explainOperation: { method: "GET", path: "/v1/operations/{op}/explain", query: NoQuery, signedIn: true, status: 200 },
  retryOperation: {
    method: "POST",
    path: "/v1/operations/{op}/retry",
    query: NoQuery,
    body: NoBody,
    bodyOptional: true,
    signedIn: true,
    status: 202,
  },
  cancelOperation: {
    method: "POST",
    path: "/v1/operations/{op}/cancel",
    query: NoQuery,
    body: NoBody,
    bodyOptional: true,
    signedIn: true,
    status: 202,
  },
} as const satisfies Record<string, Route>;
