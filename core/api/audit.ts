import { AuditFilter } from "../model/audit.ts";
import { AuditAnswer } from "./answers.ts";
import { PageQuery, type Route } from "./route.ts";

export const auditRoutes = {
  listAudit: {
    summary: "Who did what, newest first",
    answer: AuditAnswer,
    method: "GET",
    path: "/v1/orgs/{org}/audit",
    action: "audit.read",
    query: PageQuery.extend(AuditFilter.shape),
    status: 200,
  },
} as const satisfies Record<string, Route>;
