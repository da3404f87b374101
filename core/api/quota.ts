import { QuotaSpec } from "../model/quota.ts";
import { NoQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}/quota";

export const quotaRoutes = {
  getQuota: { method: "GET", path, action: "quota.read", query: NoQuery, status: 200 },
  putQuota: { method: "PUT", path, action: "quota.write", query: NoQuery, body: QuotaSpec, status: 200 },
} as const satisfies Record<string, Route>;
