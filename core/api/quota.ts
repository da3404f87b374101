import { QuotaSpec } from "../model/quota.ts";
import { QuotaAnswer } from "./answers.ts";
import { NoQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}/quota";

export const quotaRoutes = {
  getQuota: {
    summary: "What an organization may have",
    answer: QuotaAnswer,
    etag: "answer",
    method: "GET",
    path,
    action: "quota.read",
    query: NoQuery,
    status: 200,
  },
  putQuota: {
    summary: "Set what an organization may have",
    answer: QuotaAnswer,
    etag: "change",
    examples: {
      large: { networks: 5_000, nodesPerNetwork: 10_000, members: 500, keys: 500, requestsPerMinute: 60_000 },
    },
    method: "PUT",
    path,
    action: "quota.write",
    query: NoQuery,
    body: QuotaSpec,
    status: 200,
  },
} as const satisfies Record<string, Route>;
