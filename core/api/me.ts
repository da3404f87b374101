import { MeAnswer } from "./answers.ts";
import { NoQuery, type Route } from "./route.ts";

export const meRoutes = {
  getMe: {
    summary: "Who one is, and where",
    answer: MeAnswer,
    method: "GET",
    path: "/v1/me",
    action: "me.read",
    query: NoQuery,
    status: 200,
  },
} as const satisfies Record<string, Route>;
