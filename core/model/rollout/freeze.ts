import * as z from "zod";
import { CellId, FreezeId, OrganizationId } from "../ids.ts";
import { channels } from "../release.ts";
import { Timestamp } from "../time.ts";
import type { Belonging } from "./population.ts";

/** What a freeze covers: exactly one of these. */
export const FreezeScope = z
  .strictObject({
    fleet: z.literal(true).optional(),
    region: z.string().optional(),
    cell: CellId.optional(),
    channel: z.enum(channels).optional(),
    org: OrganizationId.optional(),
  })
  .refine((scope) => Object.values(scope).filter((one) => one !== undefined).length === 1, {
    message: "needs exactly one of fleet, region, cell, channel and org",
  });
export type FreezeScope = z.infer<typeof FreezeScope>;

export const FreezeSpec = z
  .strictObject({
    scope: FreezeScope,
    reason: z.string().trim().min(1, "say why: whoever waits reads it").max(500),
    from: Timestamp.optional(),
    /** A freeze always ends, also when nobody remembers it. */
    until: Timestamp,
  })
  .refine(({ from, until }) => from === undefined || from < until, { path: ["until"], message: "must be after from" });
export type FreezeSpec = z.infer<typeof FreezeSpec>;

/** Nothing is started in its scope until it ends. */
export const Freeze = FreezeSpec.safeExtend({ id: FreezeId, actor: z.string(), createdAt: Timestamp });
export type Freeze = z.infer<typeof Freeze>;

export const isInForce = ({ from, until }: Pick<Freeze, "from" | "until">, now: number): boolean =>
  (from === undefined || Date.parse(from) <= now) && now < Date.parse(until);

const covers = (
  { fleet, region, cell, channel, org }: FreezeScope,
  network: Pick<Belonging, "region" | "cell" | "channel" | "org">,
): boolean =>
  fleet === true ||
  region === network.region ||
  cell === network.cell ||
  channel === network.channel ||
  org === network.org;

/** Of those in force over a network the one that ends last. */
export function freezeOver<F extends Pick<Freeze, "scope" | "until">>(
  inForce: readonly F[],
  network: Pick<Belonging, "region" | "cell" | "channel" | "org">,
): F | undefined {
  let last: F | undefined;
  for (const freeze of inForce)
    if (covers(freeze.scope, network) && (last === undefined || freeze.until > last.until)) last = freeze;
  return last;
}

export const describeScope = ({ fleet, region, cell, channel, org }: FreezeScope): string =>
  fleet
    ? "the fleet"
    : region
      ? `region ${region}`
      : cell
        ? `cell ${cell}`
        : channel
          ? `channel ${channel}`
          : `organization ${org}`;
