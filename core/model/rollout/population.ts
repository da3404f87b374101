import * as z from "zod";
import { CellId, NetworkId, OrganizationId } from "../ids.ts";
import { planNames } from "../plan.ts";
import { channels } from "../release.ts";
import { matches, requirementsOf, Selector } from "../selector.ts";

const some = <S extends z.ZodType>(one: S) =>
  z.array(one).min(1, "is empty: leave it out if all are meant").max(1_000).optional();

/** Which networks: all that is given must hold, and of each list one. */
export const Population = z
  .strictObject({
    orgs: some(OrganizationId),
    networks: some(NetworkId),
    cells: some(CellId),
    regions: some(z.string().regex(/^[a-z0-9-]{1,32}$/, "must be the name of a region")),
    channels: some(z.enum(channels)),
    plans: some(z.enum(planNames)),
    labels: Selector.optional(),
  })
  .superRefine((population, context) => {
    const { labels } = population;
    if (Object.values(population).every((value) => value === undefined))
      context.addIssue({ code: "custom", message: "is empty: leave it out if the whole fleet is meant" });
    if (labels !== undefined && (labels === "" || (typeof labels !== "string" && Object.keys(labels).length === 0)))
      context.addIssue({ code: "custom", path: ["labels"], message: "is empty: leave it out if all labels will do" });
  });
export type Population = z.infer<typeof Population>;

/** What is asked of a network to know whether it belongs. */
export interface Belonging {
  readonly network: NetworkId;
  readonly org: OrganizationId;
  readonly cell: CellId;
  readonly region: string;
  readonly channel: (typeof channels)[number];
  readonly plan: (typeof planNames)[number];
  readonly labels: Readonly<Record<string, string>>;
}

/** Makes the question once; it is asked of every network of the fleet. */
export function belongsTo(population: Population | undefined): (network: Belonging) => boolean {
  if (population === undefined) return () => true;
  const { orgs, networks, cells, regions, channels, plans, labels } = population;
  const requirements = labels === undefined ? [] : requirementsOf(labels);
  const among = <T>(list: readonly T[] | undefined): ((value: T) => boolean) => {
    if (list === undefined) return () => true;
    const set = new Set(list);
    return (value) => set.has(value);
  };
  const [ofOrg, ofNetwork, ofCell] = [among(orgs), among(networks), among(cells)];
  const [ofRegion, ofChannel, ofPlan] = [among(regions), among(channels), among(plans)];
  return (one) =>
    ofOrg(one.org) &&
    ofNetwork(one.network) &&
    ofCell(one.cell) &&
    ofRegion(one.region) &&
    ofChannel(one.channel) &&
    ofPlan(one.plan) &&
    matches(requirements, one.labels);
}
