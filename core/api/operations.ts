import * as z from "zod";
import { ExplanationAnswer, OperationAnswer } from "./answers.ts";
import { NoBody, NoQuery, type Route, WaitQuery } from "./route.ts";

/** Why a deletion is ended by decree; it is recorded. */
export const ForceRequest = z.strictObject({ reason: z.string().trim().min(1).max(500) });

export const operationRoutes = {
  getOperation: {
    summary: "An operation, at once or when it has ended",
    answer: OperationAnswer,
    method: "GET",
    path: "/v1/operations/{op}",
    query: WaitQuery,
    action: "operations.read",
    status: 200,
  },
  explainOperation: {
    summary: "What an operation waits for, and why",
    answer: ExplanationAnswer,
    method: "GET",
    path: "/v1/operations/{op}/explain",
    query: NoQuery,
    action: "operations.read",
    status: 200,
  },
  retryOperation: {
    summary: "Try again what has failed or was cancelled",
    answer: OperationAnswer,
    errors: ["not-possible-now"],
    method: "POST",
    path: "/v1/operations/{op}/retry",
    query: NoQuery,
    body: NoBody,
    bodyOptional: true,
    action: "operations.write",
    status: 202,
  },
  cancelOperation: {
    summary: "Stop trying",
    answer: OperationAnswer,
    errors: ["not-possible-now"],
    method: "POST",
    path: "/v1/operations/{op}/cancel",
    query: NoQuery,
    body: NoBody,
    bodyOptional: true,
    action: "operations.write",
    status: 202,
  },
  forceOperation: {
    summary: "End a deletion that is stuck, for a reason that is recorded",
    answer: OperationAnswer,
    errors: ["not-possible-now"],
    examples: { "a lost cell": { reason: "its cell burned down" } },
    method: "POST",
    path: "/v1/operations/{op}/force",
    query: NoQuery,
    body: ForceRequest,
    action: "operations.force",
    status: 200,
  },
} as const satisfies Record<string, Route>;
