import * as z from "zod";
import { NoQuery, type Route } from "./route.ts";

export const referenceRoutes = {
  getOpenApi: {
    ...{ method: "GET", path: "/openapi.json", action: "reference.read", query: NoQuery, status: 200 },
    summary: "This document",
    answer: z.looseObject({ openapi: z.literal("3.1.0") }),
  },
} as const satisfies Record<string, Route>;
