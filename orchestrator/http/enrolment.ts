import { RenewBody, type orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { parse } from "#core/model/parse.ts";
import { enrollNode, renewNode } from "../admit-node.ts";
import { refuseNode } from "../refuse-node.ts";
import type { Act } from "./endpoint.ts";

export const enroll: Act<typeof routes.enroll> = async (served, { from, body }) => {
  const wait = served.admission();
  if (wait > 0) throw refuseNode("rate_limited", { retryAfterMs: wait });
  const answer = await enrollNode(served, body, from);
  return { status: answer.status === "pending" ? 202 : 201, body: answer };
};

/** How a node that waits for approval stands; signed like a renewal. */
export const getEnrolment: Act<typeof routes.getEnrolment> = async (served, { params, query }) => {
  const answer = await renewNode(served, { ...query, node: params.node });
  return { status: answer.status === "pending" ? 202 : 200, body: answer };
};

export const renew: Act<typeof routes.renew> = async (served, { body }) => {
  parse(RenewBody, body);
  return { body: await renewNode(served, body as Record<string, unknown>) };
};
