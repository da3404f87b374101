import * as z from "zod";
import { Refusal } from "../errors.ts";
import { OrganizationId } from "./ids.ts";
import { type PlanName, plans } from "./plan.ts";

const atMost = (most: number) => z.int().min(0).max(most);

/** What an organization may have. */
export const QuotaSpec = z.strictObject({
  networks: atMost(100_000),
  nodesPerNetwork: z.int().min(1).max(1_000_000),
  members: atMost(10_000),
  keys: atMost(10_000),
  requestsPerMinute: z.int().min(1).max(10_000_000),
});
export type QuotaSpec = z.infer<typeof QuotaSpec>;

/** What an operator of the platform set for one organization; there is none until then. */
export const Quota = QuotaSpec.extend({ org: OrganizationId });
export type Quota = z.infer<typeof Quota>;

/** What an organization may have until an operator of the platform says otherwise. */
export const defaultQuota: QuotaSpec = {
  networks: 1_000,
  nodesPerNetwork: 10_000,
  members: 200,
  keys: 500,
  requestsPerMinute: 6_000,
};

/** What is counted in the same write that makes it. */
export const counted = ["networks", "members", "keys"] as const;
export type Counted = (typeof counted)[number];

/** Name of the counter of what an organization has. */
export const quotaCounter = (what: Counted, org: OrganizationId): string => `quota/${what}/${org}`;

/**
 * Far above every limit. An organization that is deleted has this added to its counters, so that nothing can be made in it by a
 * request that had read it before: whatever counts up is refused.
 */
export const CLOSED = 1_000_000_000;

/** The refusal that names the limit, what is used of it, and who can raise it. */
export const quotaExceeded = (what: Counted, used: number, limit: number): Refusal =>
  new Refusal(
    "quota-exceeded",
    `The organization may have ${limit} ${what} and has ${used}. Remove what is not needed, or ask the platform's operators to raise the quota.`,
    { extra: { quota: what, limit, used } },
  );

/** What a cell is told of the quota for nodes: nothing where the plan is the tighter limit. It holds from a network's next change on. */
export const nodeLimit = (plan: PlanName, { nodesPerNetwork }: QuotaSpec): { nodes?: number } =>
  nodesPerNetwork < plans[plan].nodes ? { nodes: nodesPerNetwork } : {};
