import * as z from "zod";
import { Day } from "../model/usage.ts";
import { UsageAnswer } from "./answers.ts";
import { PageQuery, type Route } from "./route.ts";

/** Days from and to, both inclusive; without them the present month until today. An export as CSV has them all and takes no page. */
export const UsageQuery = PageQuery.extend({
  from: Day.optional(),
  to: Day.optional(),
  format: z.enum(["json", "csv"]).default("json"),
});

export const usageRoutes = {
  getUsage: {
    summary: "What an organization used, by day and network",
    answer: UsageAnswer,
    otherFormat: "text/csv",
    errors: ["too-large"],
    method: "GET",
    path: "/v1/orgs/{org}/usage",
    query: UsageQuery,
    action: "usage.read",
    status: 200,
  },
} as const satisfies Record<string, Route>;
