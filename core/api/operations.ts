import { NoBody, NoQuery, type Route, WaitQuery } from "./route.ts";

export const operationRoutes = {
  getOperation: {
    method: "GET",
    path: "/v1/operations/{op}",
    query: WaitQuery,
    action: "operations.read",
    status: 200,
  },
  explainOperation: {
    method: "GET",
    path: "/v1/operations/{op}/explain",
    query: NoQuery,
    action: "operations.read",
    status: 200,
  },
  retryOperation: {
    method: "POST",
    path: "/v1/operations/{op}/retry",
    query: NoQuery,
    body: NoBody,
    bodyOptional: true,
    action: "operations.write",
    status: 202,
  },
  cancelOperation: {
    method: "POST",
    path: "/v1/operations/{op}/cancel",
    query: NoQuery,
    body: NoBody,
    bodyOptional: true,
    action: "operations.write",
    status: 202,
  },
} as const satisfies Record<string, Route>;
