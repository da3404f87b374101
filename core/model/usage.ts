import * as z from "zod";
import { NetworkId, OrganizationId } from "./ids.ts";
import { type PlanName, planNames } from "./plan.ts";
import { Timestamp, timestampOf } from "./time.ts";

/**
 * Up to when a network's time is booked, and what it was then. It begins with the network's place and goes when its end is booked.
 * Booking moves `upTo` in the write that adds to the days, so that every millisecond is booked once, whatever stops or repeats it.
 */
export const Meter = z.strictObject({
  network: NetworkId,
  org: OrganizationId,
  name: z.string(),
  plan: z.enum(planNames),
  upTo: Timestamp,
});
export type Meter = z.infer<typeof Meter>;

export const Day = z.iso.date();

/** What one network used on one day (UTC); with `network: null`, what was asked of its organization itself. */
export const Usage = z.strictObject({
  id: z.string(),
  org: OrganizationId,
  network: NetworkId.nullable(),
  name: z.string().nullable(),
  day: Day,
  /** How long it had a place, by plan. */
  ms: z.partialRecord(z.enum(planNames), z.int().nonnegative()),
  peakNodes: z.int().nonnegative(),
  /** Nodes online times milliseconds, over the `seenMs` in which that was known. */
  nodeMs: z.number().nonnegative(),
  seenMs: z.int().nonnegative(),
  calls: z.int().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;

/** A count of nodes says nothing about longer than this: nobody looked in between. */
const SEEN_FOR_MS = 15 * 60_000;

export const dayOf = (milliseconds: number): string => timestampOf(milliseconds).slice(0, 10);

/** What of a span of time lies in each day. */
export function daysOf(from: number, until: number): { day: string; ms: number }[] {
  const days: { day: string; ms: number }[] = [];
  for (let at = from; at < until; ) {
    const day = dayOf(at);
    const end = Math.min(until, Date.parse(`${day}T00:00:00.000Z`) + 86_400_000);
    days.push({ day, ms: end - at });
    at = end;
  }
  return days;
}

/** One addition to a day. */
export interface Booking {
  readonly day: string;
  readonly plan: PlanName;
  readonly ms: number;
  readonly nodes: number | undefined;
}

/**
 * Books a network's time up to a moment. `changedAt`: when its intent changed last; where its plan is another one now, that is when.
 * `nodes`: how many are online, where that is known. A clock that was set back books nothing.
 */
export function book(
  meter: Meter,
  now: {
    readonly until: number;
    readonly plan: PlanName;
    readonly changedAt: number;
    readonly nodes: number | undefined;
  },
): { meter: Meter; bookings: Booking[] } {
  const from = Date.parse(meter.upTo);
  const { until, plan } = now;
  if (until <= from) return { meter: { ...meter, plan }, bookings: [] };
  const nodes = until - from <= SEEN_FOR_MS ? now.nodes : undefined;
  const change = plan === meter.plan ? until : Math.min(Math.max(now.changedAt, from), until);
  const bookings = [
    ...daysOf(from, change).map((part) => ({ ...part, plan: meter.plan, nodes })),
    ...daysOf(change, until).map((part) => ({ ...part, plan, nodes })),
  ];
  return { meter: { ...meter, plan, upTo: timestampOf(until) }, bookings };
}

/** A network's day without anything; `network: null`: an organization's. */
export const emptyUsage = ({ org, network, name }: Pick<Usage, "org" | "network" | "name">, day: string): Usage => ({
  ...{ id: usageId(org, network, day), org, network, name, day },
  ...{ ms: {}, peakNodes: 0, nodeMs: 0, seenMs: 0, calls: 0 },
});

export const usageId = (org: OrganizationId, network: NetworkId | null, day: string): string =>
  `${network ?? org}/${day}`;

export function withBooking(usage: Usage, { plan, ms, nodes }: Booking): Usage {
  return {
    ...usage,
    ms: { ...usage.ms, [plan]: (usage.ms[plan] ?? 0) + ms },
    ...(nodes === undefined
      ? {}
      : {
          peakNodes: Math.max(usage.peakNodes, nodes),
          nodeMs: usage.nodeMs + nodes * ms,
          seenMs: usage.seenMs + ms,
        }),
  };
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

/** A day as its organization reads it. */
export function usageView({ day, network, name, ms, peakNodes, nodeMs, seenMs, calls }: Usage) {
  const hours = Object.fromEntries(Object.entries(ms).map(([plan, spent]) => [plan, rounded(spent / 3_600_000)]));
  const averageNodes = seenMs === 0 ? 0 : rounded(nodeMs / seenMs);
  return { day, network, name, hours, peakNodes, averageNodes, apiCalls: calls };
}
export type UsageView = ReturnType<typeof usageView>;

/** The same as comma-separated values, a line each, the first of which names the columns. */
export function usageCsv(rows: readonly UsageView[]): string {
  const head = [
    "day",
    "network",
    "name",
    ...planNames.map((plan) => `hours_${plan}`),
    "peak_nodes",
    "average_nodes",
    "api_calls",
  ];
  const lines = rows.map(({ day, network, name, hours, peakNodes, averageNodes, apiCalls }) =>
    [
      day,
      network ?? "",
      name ?? "",
      ...planNames.map((plan) => hours[plan] ?? 0),
      peakNodes,
      averageNodes,
      apiCalls,
    ].join(","),
  );
  return `${[head.join(","), ...lines].join("\r\n")}\r\n`;
}
