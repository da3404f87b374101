import * as z from "zod";
import { NoBody, NoQuery, type Route, WaitQuery } from "./route.ts";

/** Why a deletion is ended by decree; it is recorded. */
export const ForceRequest = z.strictObject({ reason: z.string().trim().min(1).max(500) });

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
  forceOperation: {
    method: "POST",
    path: "/v1/operations/{op}/force",
    query: NoQuery,
    body: ForceRequest,
    action: "operations.force",
    status: 200,
  },
} as const satisfies Record<string, Route>;
